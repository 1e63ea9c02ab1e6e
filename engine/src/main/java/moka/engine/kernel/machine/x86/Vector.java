package moka.engine.kernel.machine.x86;

/**
 * A vector register.
 *
 * @param number 0 to 31
 * @param bits 128, 256 or 512
 */
public record Vector(int number, int bits) implements Operand {
    public Vector {
        if (number < 0 || number > 31 || (bits != 128 && bits != 256 && bits != 512)) {
            throw new IllegalArgumentException("no vector register " + number + " of " + bits + " bits");
        }
    }

    public static Vector xmm(int number) {
        return new Vector(number, 128);
    }

    public static Vector ymm(int number) {
        return new Vector(number, 256);
    }

    public static Vector zmm(int number) {
        return new Vector(number, 512);
    }

    /** The same register, read or written at another width. */
    public Vector as(int bits) {
        return new Vector(number, bits);
    }

    /** The name that an assembler writes. */
    @Override
    public String toString() {
        return (bits == 512 ? "zmm" : bits == 256 ? "ymm" : "xmm") + number;
    }
}

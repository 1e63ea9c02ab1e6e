package moka.engine.kernel.machine.aarch64;

/**
 * A vector register of 128 bits. The low halves of 8 to 15 belong to the caller.
 *
 * @param number 0 to 31
 */
public record Vector(int number) {
    public Vector {
        if (number < 0 || number > 31) {
            throw new IllegalArgumentException("no vector register " + number);
        }
    }

    /** The register of a number. */
    public static Vector v(int number) {
        return new Vector(number);
    }

    /** Registers from {@code first} on. */
    public static Vector[] run(int first, int count) {
        var run = new Vector[count];
        for (int i = 0; i < count; i++) {
            run[i] = v(first + i);
        }
        return run;
    }
}

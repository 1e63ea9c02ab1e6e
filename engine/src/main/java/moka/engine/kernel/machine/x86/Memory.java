package moka.engine.kernel.machine.x86;

import org.jspecify.annotations.Nullable;

/**
 * A memory operand: {@code base + index * scale + displacement}.
 *
 * @param index null where there is none; never {@code RSP}
 * @param scale 1, 2, 4 or 8
 * @param displacement in bytes
 * @param broadcast whether one element is read and repeated over all lanes (EVEX)
 */
public record Memory(General base, @Nullable General index, int scale, int displacement, boolean broadcast) implements Operand {
    public Memory {
        if (index == General.RSP || Integer.bitCount(scale) != 1 || scale > 8 || scale < 1) {
            throw new IllegalArgumentException("no such address: index " + index + ", scale " + scale);
        }
    }

    /** The same place, one element repeated over all lanes. */
    public Memory broadcasting() {
        return new Memory(base, index, scale, displacement, true);
    }

    /** The same address plus {@code bytes}. */
    public Memory plus(int bytes) {
        return new Memory(base, index, scale, displacement + bytes, broadcast);
    }

    /** The address as an assembler writes it. */
    @Override
    public String toString() {
        String text = "[" + base + (index == null ? "" : "+" + index + "*" + scale);
        return text + (displacement == 0 ? "]" : displacement < 0 ? displacement + "]" : "+" + displacement + "]");
    }
}

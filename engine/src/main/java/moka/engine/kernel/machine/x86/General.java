package moka.engine.kernel.machine.x86;

import java.util.Locale;

/** The general registers, in the order of their numbers. */
public enum General implements Operand {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15;

    int number() {
        return ordinal();
    }

    /** Memory at this register plus {@code displacement} bytes. */
    public Memory at(int displacement) {
        return new Memory(this, null, 1, displacement, false);
    }

    /** Memory at {@code this + index * scale + displacement}; scale is 1, 2, 4 or 8. */
    public Memory at(General index, int scale, int displacement) {
        return new Memory(this, index, scale, displacement, false);
    }

    /** The 64-bit name, as an assembler writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

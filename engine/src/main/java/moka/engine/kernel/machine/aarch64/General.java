package moka.engine.kernel.machine.aarch64;

/**
 * A general register of 64 bits. {@code X18} belongs to the system on some platforms and is not offered; {@code X19} to {@code X28} belong to the caller.
 */
public enum General {
    X0, X1, X2, X3, X4, X5, X6, X7, X8, X9, X10, X11, X12, X13, X14, X15, X16, X17,
    X19(19), X20(20), X21(21), X22(22), X23(23), X24(24), X25(25), X26(26), X27(27), X28(28),
    /** The stack pointer, as an address and in additions of constants. */
    SP(31);

    private final int number;

    General() {
        number = ordinal();
    }

    General(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** The memory {@code offset} bytes on. */
    public Memory at(int offset) {
        return new Memory(this, offset);
    }
}

package moka.engine.kernel.machine.aarch64;

import java.util.List;

/**
 * Entry and exit of a routine, by the standard of AArch64's procedure calls: six arguments in {@code X0} to {@code X5}, the low halves of registers 8 to
 * 15 and {@code X19} to {@code X28} kept for the caller. {@code X6} to {@code X17} are free.
 *
 * @param saved pairs of further general registers that the routine uses
 * @param bytes of the stack for the routine, at {@code SP}
 */
record Frame(List<General> saved, int bytes) {
    private static final int VECTORS = 64;

    Frame {
        saved = List.copyOf(saved);
        if (saved.size() % 2 != 0 || bytes % 16 != 0) {
            throw new IllegalArgumentException("the stack is used in units of 16 bytes");
        }
    }

    Frame(int bytes, General... saved) {
        this(List.of(saved), bytes);
    }

    void enter(Assembler a) {
        a.storePair(Vector.v(8), Vector.v(9), VECTORS + 8 * saved.size(), true);
        for (int i = 2; i < 8; i += 2) {
            a.storePair(Vector.v(8 + i), Vector.v(9 + i), 8 * i, false);
        }
        for (int i = 0; i < saved.size(); i += 2) {
            a.storePair(saved.get(i), saved.get(i + 1), VECTORS + 8 * i);
        }
        if (bytes > 0) {
            a.add(General.SP, -bytes);
        }
    }

    void leave(Assembler a) {
        if (bytes > 0) {
            a.add(General.SP, bytes);
        }
        for (int i = 0; i < saved.size(); i += 2) {
            a.loadPair(saved.get(i), saved.get(i + 1), VECTORS + 8 * i);
        }
        for (int i = 2; i < 8; i += 2) {
            a.loadPair(Vector.v(8 + i), Vector.v(9 + i), 8 * i, false);
        }
        a.loadPair(Vector.v(8), Vector.v(9), VECTORS + 8 * saved.size(), true);
        a.ret();
    }
}

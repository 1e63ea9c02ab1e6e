package moka.engine.kernel.machine.aarch64;

/** Short sequences that many kernels use. They destroy {@code X17}. */
final class Lanes {
    /** What sequences here destroy. */
    static final General SCRATCH = General.X17;

    private Lanes() {}

    /** All lanes of 32 bits = {@code value}. */
    static void broadcast(Assembler a, Vector target, int value) {
        if (value == 0) {
            a.zero(target);
        } else {
            a.set(SCRATCH, value & 0xFFFF_FFFFL);
            a.broadcast(target, SCRATCH);
        }
    }

    /** All lanes = {@code value}. */
    static void broadcast(Assembler a, Vector target, float value) {
        broadcast(a, target, Float.floatToRawIntBits(value));
    }

    /** All bytes = {@code value}. */
    static void bytes(Assembler a, Vector target, int value) {
        broadcast(a, target, (value & 0xFF) * 0x01010101);
    }

    /** The register = 16 bytes. */
    static void table(Assembler a, Vector target, byte[] bytes) {
        a.set(SCRATCH, word(bytes, 0));
        a.setLow(target, SCRATCH);
        a.set(SCRATCH, word(bytes, 8));
        a.setHigh(target, SCRATCH);
    }

    private static long word(byte[] bytes, int from) {
        long word = 0;
        for (int i = 7; i >= 0; i--) {
            word = word << 8 | bytes[from + i] & 0xFF;
        }
        return word;
    }

    /**
     * Four lanes of which the first few count, the others = 0: as many as bits are set in {@code mask} from {@code bit} on. Nothing is read where
     * none counts.
     */
    static void load(Assembler a, Vector target, General from, General mask, int bit) {
        Label partial = a.label();
        Label end = a.label();
        a.jumpIfClear(mask, bit + 3, partial);
        a.load(target, from.at(0));
        a.jump(end);
        a.bind(partial);
        a.zero(target);
        a.move(SCRATCH, from);
        for (int lane = 0; lane < 3; lane++) {
            a.jumpIfClear(mask, bit + lane, end);
            a.loadLane(target, lane, SCRATCH);
            a.add(SCRATCH, 4);
        }
        a.bind(end);
    }

    /** Stores four lanes, or the first few. */
    static void store(Assembler a, Vector source, General to, General mask, int bit) {
        Label partial = a.label();
        Label end = a.label();
        a.jumpIfClear(mask, bit + 3, partial);
        a.store(source, to.at(0));
        a.jump(end);
        a.bind(partial);
        a.move(SCRATCH, to);
        for (int lane = 0; lane < 3; lane++) {
            a.jumpIfClear(mask, bit + lane, end);
            a.storeLane(source, lane, SCRATCH);
            a.add(SCRATCH, 4);
        }
        a.bind(end);
    }

    /** All lanes of {@code sums[0]} = the sum of 16 lanes in four registers, always in the same order. */
    static void sum(Assembler a, Vector[] sums, Vector temporary) {
        a.vector(Instruction.FADD, sums[0], sums[0], sums[2]);
        a.vector(Instruction.FADD, sums[1], sums[1], sums[3]);
        a.vector(Instruction.FADD, sums[0], sums[0], sums[1]);
        a.extract(temporary, sums[0], sums[0], 8);
        a.vector(Instruction.FADD, sums[0], sums[0], temporary);
        a.vector(Instruction.REV64_4S, temporary, sums[0]);
        a.vector(Instruction.FADD, sums[0], sums[0], temporary);
    }
}

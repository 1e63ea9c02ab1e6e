package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.AttentionState;
import moka.engine.kernel.machine.PanelFormat;

/**
 * The products of attention, with up to six queries at once: 24 registers hold the sums of 16 keys, or of 16 elements of values, two hold keys or values
 * and six what they are multiplied with.
 */
final class AttentionProducts {
    private static final General[] ROWS = {General.X6, General.X7, General.X8, General.X9, General.X10, General.X11};
    private static final Vector[] LOADED = Vector.run(24, 2);
    private static final Vector[] FACTORS = Vector.run(26, 6);
    private static final int PREFETCH_BYTES = 4096;

    private AttentionProducts() {}

    private static Vector[][] sums(int queries) {
        var sums = new Vector[4][];
        for (int q = 0; q < 4; q++) {
            sums[q] = Vector.run(q * queries, queries);
        }
        return sums;
    }

    private static void rows(Assembler a, General first, General stride, int count) {
        a.move(ROWS[0], first);
        for (int i = 1; i < count; i++) {
            a.add(ROWS[i], ROWS[i - 1], stride, 0);
        }
    }

    /**
     * {@code f(keys, queries, queryStride, scores, scoreStride, parameters)}: products of queries with keys of whole panels of 16, for plain types.
     * Parameters: long headLength, long how many panels.
     */
    static byte[] scores(ElementType type, int queries) {
        var a = new Assembler();
        var frame = new Frame(0);
        General left = General.X12;
        General times = General.X13;
        General cursor = General.X14;
        int elements = PanelFormat.ROWS * type.bytes();
        Vector[][] sums = sums(queries);
        frame.enter(a);
        a.load(times, General.X5.at(8));
        Label nextKeys = a.here();
        rows(a, General.X1, General.X2, queries);
        a.load(left, General.X5.at(0));
        for (Vector[] some : sums) {
            for (Vector sum : some) {
                a.zero(sum);
            }
        }
        Label nextElements = a.here();
        for (int i = 0; i < queries; i++) {
            a.load(FACTORS[i], ROWS[i].at(0));
            a.add(ROWS[i], 16);
        }
        for (int element = 0; element < 4; element++) {
            for (int half = 0; half < 2; half++) {
                loadPlain(a, type, General.X0.at(element * elements + half * elements / 2));
                for (int i = 0; i < 2; i++) {
                    for (int q = 0; q < queries; q++) {
                        a.lane(Instruction.FMLA_LANE, sums[2 * half + i][q], LOADED[i], FACTORS[q], element);
                    }
                }
            }
        }
        for (int at = 0; at < 4 * elements; at += 64) {
            a.prefetch(General.X0.at(at + PREFETCH_BYTES));
        }
        a.add(General.X0, 4 * elements);
        a.subtractAndTest(left, 4);
        a.jump(Assembler.Condition.NOT_EQUAL, nextElements);
        a.move(cursor, General.X3);
        for (int q = 0; q < queries; q++) {
            for (int i = 0; i < 4; i++) {
                a.store(sums[i][q], cursor.at(16 * i));
            }
            a.add(cursor, cursor, General.X4, 0);
        }
        a.add(General.X3, 64);
        a.subtractAndTest(times, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextKeys);
        frame.leave(a);
        return a.toBytes();
    }

    /** Eight elements as float32. */
    private static void loadPlain(Assembler a, ElementType type, Memory from) {
        a.load(LOADED[0], from);
        switch (type) {
            case F32 -> a.load(LOADED[1], from.plus(16));
            case F16 -> {
                a.vector(Instruction.FCVTL2, LOADED[1], LOADED[0]);
                a.vector(Instruction.FCVTL, LOADED[0], LOADED[0]);
            }
            case BF16 -> {
                a.vector(Instruction.SHLL2_4S, LOADED[1], LOADED[0]);
                a.vector(Instruction.SHLL_4S, LOADED[0], LOADED[0]);
            }
            case Q8_0, Q4_0 -> throw new IllegalArgumentException(type + " is not plain");
        }
    }

    /**
     * {@code f(values, weights, weightStride, results, resultStride, parameters)}: {@code result = result * factor + Σ weight * value} for some
     * vectors of 16 elements of a value head. Parameters: long keys, long bytes from one key's value to the next, long address of the first query's
     * state; for quantized values long address of the first key's float32 scales, long bytes from one key's scales to the next.
     */
    static byte[] mix(ElementType type, int vectors, int queries) {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        if (type == ElementType.Q4_0) {
            a.set(EIGHTS, 0x08080808);
        }
        for (int vector = 0; vector < vectors; vector++) {
            mix(a, type, vector, sums(queries));
        }
        frame.leave(a);
        return a.toBytes();
    }

    private static final General KEYS = General.X12;
    private static final General VALUES = General.X13;
    private static final General STRIDE = General.X14;
    private static final General SCALES = General.X15;
    private static final General EIGHTS = General.X16;

    private static void mix(Assembler a, ElementType type, int vector, Vector[][] sums) {
        int queries = sums[0].length;
        General state = General.X12;
        General cursor = General.X13;
        a.load(state, General.X5.at(16));
        a.add(cursor, General.X3, 64 * vector);
        for (int q = 0; q < queries; q++) {
            a.load32(FACTORS[0], state.at(AttentionState.BYTES * q + AttentionState.FACTOR));
            for (int i = 0; i < 4; i++) {
                a.load(sums[i][q], cursor.at(16 * i));
                a.lane(Instruction.FMUL_LANE, sums[i][q], sums[i][q], FACTORS[0], 0);
            }
            a.add(cursor, cursor, General.X4, 0);
        }
        rows(a, General.X1, General.X2, queries);
        a.load(KEYS, General.X5.at(0));
        a.move(VALUES, General.X0);
        a.load(STRIDE, General.X5.at(8));
        if (!type.isPlain()) {
            a.load(SCALES, General.X5.at(24));
        }
        Label nextKey = a.here();
        for (int half = 0; half < 2; half++) {
            loadValues(a, type, vector, half);
            for (int q = 0; q < queries; q++) {
                a.load32(FACTORS[q], ROWS[q].at(0));
                for (int i = 0; i < 2; i++) {
                    a.lane(Instruction.FMLA_LANE, sums[2 * half + i][q], LOADED[i], FACTORS[q], 0);
                }
            }
        }
        a.prefetch(VALUES.at(PREFETCH_BYTES));
        a.add(VALUES, VALUES, STRIDE, 0);
        if (!type.isPlain()) {
            a.load(Lanes.SCRATCH, General.X5.at(32));
            a.add(SCALES, SCALES, Lanes.SCRATCH, 0);
        }
        for (int q = 0; q < queries; q++) {
            a.add(ROWS[q], 4);
        }
        a.subtractAndTest(KEYS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextKey);
        a.add(cursor, General.X3, 64 * vector);
        for (int q = 0; q < queries; q++) {
            for (int i = 0; i < 4; i++) {
                a.store(sums[i][q], cursor.at(16 * i));
            }
            a.add(cursor, cursor, General.X4, 0);
        }
    }

    /** Eight elements of a key's value as float32; quantized ones use the registers of the factors. */
    private static void loadValues(Assembler a, ElementType type, int vector, int half) {
        if (type.isPlain()) {
            loadPlain(a, type, VALUES.at((PanelFormat.ROWS * vector + 8 * half) * type.bytes()));
            return;
        }
        Vector codes = LOADED[0];
        if (type == ElementType.Q8_0) {
            a.load64(codes, VALUES.at(16 * vector + 8 * half));
        } else {
            // A vector has the low nibbles of 16 bytes, the next one the high ones; codes are 8 too high.
            a.load64(codes, VALUES.at(8 * (vector & -2) + 8 * half));
            if (vector % 2 == 0) {
                a.shift(Instruction.SHL_16B, codes, codes, 4);
            }
            a.shift(Instruction.USHR_16B, codes, codes, 4);
            a.broadcast(FACTORS[0], EIGHTS);
            a.vector(Instruction.SUB_16B, codes, codes, FACTORS[0]);
        }
        a.load32(FACTORS[0], SCALES.at(4 * (vector / 2)));
        a.shift(Instruction.SSHLL_8H, codes, codes, 0);
        a.shift(Instruction.SSHLL2_4S, LOADED[1], codes, 0);
        a.shift(Instruction.SSHLL_4S, LOADED[0], codes, 0);
        for (Vector loaded : LOADED) {
            a.vector(Instruction.SCVTF, loaded, loaded);
            a.lane(Instruction.FMUL_LANE, loaded, loaded, FACTORS[0], 0);
        }
    }
}

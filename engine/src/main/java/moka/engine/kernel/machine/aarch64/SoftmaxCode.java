package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.AttentionState;

/** The softmax of attention and the sum of its segments: {@link AttentionState}. */
final class SoftmaxCode {
    private static final General SCORES = General.X6;
    private static final General VECTORS = General.X7;
    private static final General STATE = General.X2;
    private static final Vector S = Vector.v(0);
    private static final Vector LARGEST = Vector.v(1);
    private static final Vector BEFORE = Vector.v(2);
    private static final Vector KEY = Vector.v(6);
    private static final Vector FIRST = Vector.v(7);
    private static final Vector[] SUMS = Vector.run(8, 4);
    private static final Vector END = Vector.v(12);
    private static final Vector SLOPE = Vector.v(13);
    private static final Vector DISTANCE = Vector.v(14);
    private static final Vector SCALE = Vector.v(15);
    /** The exponential's last constant. */
    private static final Vector ONE = Vector.v(23);

    private static final Vector CAP = Vector.v(29);
    private static final Vector TWO_OVER_CAP = Vector.v(30);
    private static final Vector TEMPORARY = Vector.v(31);

    private SoftmaxCode() {}

    /**
     * {@code f(scores, scoreStride, state, queries, vectors, parameters)}: scores become {@code e^(score - largest)}, 0 where a query does not
     * see the key; the states are brought up to date. Parameters: float scale, float softCap, float 2 / softCap.
     */
    static byte[] softmax(boolean softCap) {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        ExponentialCode.constants(a);
        broadcast(a, SCALE, General.X5, 0);
        broadcast(a, CAP, General.X5, 4);
        broadcast(a, TWO_OVER_CAP, General.X5, 8);
        Label nextQuery = a.here();
        broadcast(a, FIRST, STATE, AttentionState.FIRST_KEY);
        broadcast(a, END, STATE, AttentionState.END_KEY);
        largest(a, softCap);
        exponentials(a);
        a.add(STATE, AttentionState.BYTES);
        a.add(General.X0, General.X0, General.X1, 0);
        a.subtractAndTest(General.X3, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextQuery);
        frame.leave(a);
        return a.toBytes();
    }

    /** Scales, caps and biases the scores; finds the largest, and by how much earlier results shrink. */
    private static void largest(Assembler a, boolean softCap) {
        Vector four = SUMS[0];
        Vector seen = SUMS[1];
        broadcast(a, SLOPE, STATE, AttentionState.SLOPE);
        broadcast(a, DISTANCE, STATE, AttentionState.DISTANCE);
        broadcast(a, BEFORE, STATE, AttentionState.LARGEST);
        a.move(LARGEST, BEFORE);
        Lanes.broadcast(a, four, 4);
        eachQuad(a, four, () -> {
            a.load(S, SCORES.at(0));
            a.vector(Instruction.FMUL, S, S, SCALE);
            if (softCap) {
                // cap * tanh(s / cap) = cap - cap * 2 / (1 + e^(2 s / cap))
                a.vector(Instruction.FMUL, S, S, TWO_OVER_CAP);
                ExponentialCode.emit(a, S);
                a.vector(Instruction.FADD, S, S, ONE);
                a.vector(Instruction.FADD, TEMPORARY, ONE, ONE);
                a.vector(Instruction.FDIV, TEMPORARY, TEMPORARY, S);
                a.move(S, CAP);
                a.vector(Instruction.FMLS, S, CAP, TEMPORARY);
            }
            a.vector(Instruction.SCVTF, TEMPORARY, KEY);
            a.vector(Instruction.FADD, TEMPORARY, TEMPORARY, DISTANCE);
            a.vector(Instruction.FMLA, S, TEMPORARY, SLOPE);
            seen(a, seen);
            a.vector(Instruction.FMAX, TEMPORARY, LARGEST, S);
            a.vector(Instruction.BSL, seen, TEMPORARY, LARGEST);
            a.move(LARGEST, seen);
            a.store(S, SCORES.at(0));
        });
        a.vector(Instruction.FMAXV, LARGEST, LARGEST);
        a.store32(LARGEST, STATE.at(AttentionState.LARGEST));
        a.broadcast(LARGEST, LARGEST, 0);
        // Where no key was seen yet there is no largest: any finite number serves.
        Lanes.broadcast(a, TEMPORARY, -1e30f);
        a.vector(Instruction.FMAX, LARGEST, LARGEST, TEMPORARY);
        a.vector(Instruction.FSUB, BEFORE, BEFORE, LARGEST);
        ExponentialCode.emit(a, BEFORE);
        a.store32(BEFORE, STATE.at(AttentionState.FACTOR));
    }

    private static void exponentials(Assembler a) {
        Vector four = SLOPE;
        Vector seen = DISTANCE;
        for (Vector sum : SUMS) {
            a.zero(sum);
        }
        Lanes.broadcast(a, four, 4);
        int[] quad = {0};
        eachQuad(a, four, () -> {
            a.load(S, SCORES.at(0));
            a.vector(Instruction.FSUB, S, S, LARGEST);
            ExponentialCode.emit(a, S);
            seen(a, seen);
            a.vector(Instruction.AND, S, S, seen);
            a.vector(Instruction.FADD, SUMS[quad[0]], SUMS[quad[0]], S);
            a.store(S, SCORES.at(0));
            quad[0]++;
        });
        Lanes.sum(a, SUMS, TEMPORARY);
        a.load32(TEMPORARY, STATE.at(AttentionState.SUM));
        a.lane(Instruction.FMLA_LANE, SUMS[0], BEFORE, TEMPORARY, 0);
        a.store32(SUMS[0], STATE.at(AttentionState.SUM));
    }

    /** Over all scores, 16 a turn, {@code SCORES} and {@code KEY} at four of them. */
    private static void eachQuad(Assembler a, Vector four, Runnable step) {
        Lanes.table(a, KEY, new byte[] {0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0});
        a.move(SCORES, General.X0);
        a.move(VECTORS, General.X4);
        Label next = a.here();
        for (int quad = 0; quad < 4; quad++) {
            step.run();
            a.vector(Instruction.ADD_4S, KEY, KEY, four);
            a.add(SCORES, 16);
        }
        a.subtractAndTest(VECTORS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
    }

    /** Ones in the lanes whose key is seen. */
    private static void seen(Assembler a, Vector target) {
        a.vector(Instruction.CMGE_4S, target, KEY, FIRST);
        a.vector(Instruction.CMGT_4S, TEMPORARY, END, KEY);
        a.vector(Instruction.AND, target, target, TEMPORARY);
    }

    private static void broadcast(Assembler a, Vector target, General base, int offset) {
        a.load32(target, base.at(offset));
        a.broadcast(target, target, 0);
    }

    /** {@code f(results, segmentStride, weights, segments, vectors, output)}: {@code output = Σ weight[segment] * result[segment]}. */
    static byte[] combine() {
        var a = new Assembler();
        var frame = new Frame(0);
        General result = General.X6;
        General weight = General.X7;
        General left = General.X8;
        Vector factor = Vector.v(20);
        frame.enter(a);
        Label nextVector = a.here();
        for (Vector sum : SUMS) {
            a.zero(sum);
        }
        a.move(result, General.X0);
        a.move(weight, General.X2);
        a.move(left, General.X3);
        Label nextSegment = a.here();
        a.load32(factor, weight.at(0));
        for (int q = 0; q < 4; q++) {
            a.load(TEMPORARY, result.at(16 * q));
            a.lane(Instruction.FMLA_LANE, SUMS[q], TEMPORARY, factor, 0);
        }
        a.add(result, result, General.X1, 0);
        a.add(weight, 4);
        a.subtractAndTest(left, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextSegment);
        for (int q = 0; q < 4; q++) {
            a.store(SUMS[q], General.X5.at(16 * q));
        }
        a.add(General.X0, 64);
        a.add(General.X5, 64);
        a.subtractAndTest(General.X4, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextVector);
        frame.leave(a);
        return a.toBytes();
    }
}

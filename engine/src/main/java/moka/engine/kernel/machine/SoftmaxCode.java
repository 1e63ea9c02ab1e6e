package moka.engine.kernel.machine;

import java.util.Arrays;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Mask;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * The softmax of attention, online: each query has a line of {@link AttentionState} with the largest score so far, the sum, and the factor by which earlier
 * results shrink, so that it never sees more than a block of keys. {@link #combine} adds up what segments of positions gave.
 *
 * @see <a href="https://arxiv.org/abs/1805.02867">Online normalizer calculation for softmax</a>
 */
final class SoftmaxCode {
    private static final General SCORES = General.RDI;
    private static final General SCORE_STRIDE = General.RSI;
    private static final General STATE = General.RDX;
    private static final General QUERIES = General.RCX;
    private static final General VECTORS = General.R8;
    private static final General PARAMETERS = General.R9;
    private static final General AT = General.R10;
    private static final General LEFT = General.R11;

    // Registers 3, 4 and 16 to 28 are those of the exponential, which needs names for the two that it destroys.
    private static final Vector S = Vector.zmm(0);
    private static final Vector BEFORE = Vector.zmm(2);
    private static final Vector[] SUMS = {Vector.zmm(5), Vector.zmm(1)};
    private static final Vector KEY = Vector.zmm(6);
    private static final Vector LARGEST = Vector.zmm(7);
    private static final Vector SCALE = Vector.zmm(9);
    private static final Vector STEP = Vector.zmm(12);
    private static final Vector CAP = Vector.zmm(13);
    private static final Vector TWO_OVER_CAP = Vector.zmm(14);
    private static final Vector ONE = Vector.zmm(15);
    private static final Vector NUMBERS = Vector.zmm(29);
    private static final Vector TEMPORARY = Vector.zmm(30);
    private static final Vector LOWEST = Vector.zmm(31);

    private SoftmaxCode() {}

    /**
     * {@code f(scores, scoreStride, state, queries, vectors, parameters)}: scores become {@code e^(score - largest)}, 0 where a query does not
     * see the key; the states are brought up to date. Parameters: float scale, float softCap, float 2 / softCap.
     */
    static Assembler softmax(boolean softCap, Target target) {
        var a = target.assembler();
        var frame = new Frame(target, General.RBX);
        frame.enter(a);
        a.assign(S, Vector.zmm(3), Vector.zmm(4), KEY, LARGEST, SUMS[0], TEMPORARY);
        if (target.parts() > 1) {
            a.assign(SUMS[1]);
        }
        Exponential.constants(a);
        Registers.laneNumbers(a, NUMBERS);
        Registers.broadcast(a, STEP, target.level().lanes());
        Registers.broadcast(a, ONE, 1f);
        Registers.broadcast(a, LOWEST, -1e30f);
        a.vector(Instruction.VBROADCASTSS, SCALE, PARAMETERS.at(0));
        a.vector(Instruction.VBROADCASTSS, CAP, PARAMETERS.at(4));
        a.vector(Instruction.VBROADCASTSS, TWO_OVER_CAP, PARAMETERS.at(8));
        Label nextQuery = a.here();
        largest(a, softCap);
        exponentials(a);
        a.add(STATE, AttentionState.BYTES);
        a.add(SCORES, SCORE_STRIDE);
        a.subtract(QUERIES, 1);
        a.jump(Condition.NOT_EQUAL, nextQuery);
        frame.leave(a);
        return a;
    }

    /** Scales, caps and biases the scores of a query, and finds the largest of those that it sees. */
    private static void largest(Assembler a, boolean softCap) {
        a.vector(Instruction.VBROADCASTSS, BEFORE, STATE.at(AttentionState.LARGEST));
        a.vector(Instruction.VMOVUPS, LARGEST, BEFORE);
        eachVector(a, (part, scores) -> {
            a.vector(Instruction.VMULPS, S, SCALE, scores);
            if (softCap) {
                cap(a);
            }
            a.vector(Instruction.VCVTDQ2PS, TEMPORARY, KEY);
            a.vector(Instruction.VADDPS, TEMPORARY, TEMPORARY, STATE.at(AttentionState.DISTANCE).broadcasting());
            a.vector(Instruction.VFMADD231PS, S, TEMPORARY, STATE.at(AttentionState.SLOPE).broadcasting());
            seen(a);
            a.masked(Mask.K2, false).vector(Instruction.VMAXPS, LARGEST, LARGEST, S);
        });
        Registers.reduce(a, Instruction.VMAXPS, a.level().parts() == 1 ? new Vector[] {LARGEST} : new Vector[] {LARGEST, LARGEST}, TEMPORARY);
        a.store(Instruction.VMOVSS, STATE.at(AttentionState.LARGEST), LARGEST.as(128));
    }

    /** {@code cap * tanh(s / cap) = cap - cap * 2 / (1 + e^(2 s / cap))}. */
    private static void cap(Assembler a) {
        a.vector(Instruction.VMULPS, S, S, TWO_OVER_CAP);
        Exponential.emit(a, S);
        a.vector(Instruction.VADDPS, S, S, ONE);
        a.vector(Instruction.VADDPS, TEMPORARY, ONE, ONE);
        a.vector(Instruction.VDIVPS, TEMPORARY, TEMPORARY, S);
        a.vector(Instruction.VMOVUPS, S, CAP);
        a.vector(Instruction.VFNMADD231PS, S, CAP, TEMPORARY);
    }

    /** The factor of what was there before, the exponentials, and their sum. */
    private static void exponentials(Assembler a) {
        int parts = a.level().parts();
        // Where no key was seen yet there is no largest: any finite number serves.
        a.vector(Instruction.VMAXPS, LARGEST, LARGEST, LOWEST);
        a.vector(Instruction.VSUBPS, BEFORE, BEFORE, LARGEST);
        Exponential.emit(a, BEFORE);
        a.store(Instruction.VMOVSS, STATE.at(AttentionState.FACTOR), BEFORE.as(128));
        for (int part = 0; part < parts; part++) {
            Registers.zero(a, SUMS[part]);
        }
        eachVector(a, (part, scores) -> {
            a.vector(Instruction.VMOVUPS, S, scores);
            a.vector(Instruction.VSUBPS, S, S, LARGEST);
            Exponential.emit(a, S);
            seen(a);
            a.masked(Mask.K2, true).vector(Instruction.VMOVUPS, S, S);
            a.vector(Instruction.VADDPS, SUMS[part], SUMS[part], S);
        });
        Registers.reduce(a, Instruction.VADDPS, Arrays.copyOf(SUMS, parts), TEMPORARY);
        a.vector(Instruction.VBROADCASTSS, TEMPORARY, STATE.at(AttentionState.SUM));
        a.vector(Instruction.VFMADD231PS, SUMS[0], TEMPORARY, BEFORE);
        a.store(Instruction.VMOVSS, STATE.at(AttentionState.SUM), SUMS[0].as(128));
    }

    /** Makes {@code S} from the scores at an address. */
    @FunctionalInterface
    private interface Step {
        void emit(int part, Memory scores);
    }

    /** Runs over a query's scores, vector by vector: {@code S} takes their place; {@code KEY} holds their numbers. */
    private static void eachVector(Assembler a, Step step) {
        int lanes = a.level().lanes();
        a.vector(Instruction.VMOVDQU32, KEY, NUMBERS);
        a.move(AT, SCORES);
        a.move(LEFT, VECTORS);
        Label next = a.here();
        for (int part = 0; part < a.level().parts(); part++) {
            Memory scores = AT.at(4 * lanes * part);
            step.emit(part, scores);
            a.store(Instruction.VMOVUPS, scores, S);
            a.vector(Instruction.VPADDD, KEY, KEY, STEP);
        }
        a.add(AT, 64);
        a.subtract(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
    }

    /** {@code K2} = lanes whose key is seen. */
    private static void seen(Assembler a) {
        a.compare(Instruction.VPCMPD, Mask.K1, KEY, STATE.at(AttentionState.FIRST_KEY).broadcasting(), 5);
        a.masked(Mask.K1, false).compare(Instruction.VPCMPD, Mask.K2, KEY, STATE.at(AttentionState.END_KEY).broadcasting(), 1);
    }

    /** {@code f(results, segmentStride, weights, segments, vectors, output)}: {@code output = Σ weight[segment] * result[segment]}. */
    static Assembler combine(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        Vector[] sums = Registers.parts(a, 0);
        frame.enter(a);
        Label nextVector = a.here();
        for (Vector sum : sums) {
            Registers.zero(a, sum);
        }
        a.move(General.R10, General.RDI);
        a.set(General.R11, 0);
        Label nextSegment = a.here();
        a.vector(Instruction.VBROADCASTSS, Vector.zmm(4), General.RDX.at(General.R11, 4, 0));
        for (int part = 0; part < sums.length; part++) {
            a.vector(Instruction.VFMADD231PS, sums[part], Vector.zmm(4), General.R10.at(32 * part));
        }
        a.add(General.R10, General.RSI);
        a.add(General.R11, 1);
        a.compare(General.R11, General.RCX);
        a.jump(Condition.NOT_EQUAL, nextSegment);
        for (int part = 0; part < sums.length; part++) {
            a.store(Instruction.VMOVUPS, General.R9.at(32 * part), sums[part]);
        }
        a.add(General.RDI, 64);
        a.add(General.R9, 64);
        a.subtract(General.R8, 1);
        a.jump(Condition.NOT_EQUAL, nextVector);
        frame.leave(a);
        return a;
    }
}

package moka.engine.kernel.machine;

import java.util.function.IntConsumer;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * The delta rule's state, {@link moka.engine.kernel.StatePlan.Delta}: what the state gives for a key must be known before any of its rows is changed, so a
 * token goes through all rows of a panel, in the first cache. It changes them, answers the query, and sums up on the way what they give for the
 * next token's key: four multiplications and additions a value, a vector of 16 with two units 2 cycles. The first token has a pass of its own
 * before. Sums run in four lanes of rows for keys and two for queries, so that additions need not wait for each other.
 */
final class DeltaCode extends StateEmitter {
    /** Rows at a time. */
    private static final int COUNT = 4;

    /** Of which the rows are asked for: 1, 2, 4 or 8. */
    private static final int TOKENS_AHEAD = 2;

    private static final General FROM = General.RSI;
    /** From where a row is read to where it is written. */
    private static final General DISTANCE = General.RDX;
    private static final General ROWS = General.RCX;
    private static final General VALUES = General.R8;
    private static final General KEY = General.R9;
    private static final General QUERY = General.R10;
    private static final General RESULT = General.R11;
    private static final General ROW = General.RBX;
    private static final General BETA = General.RBP;
    private static final General KEPT = General.R12;
    private static final General TOKENS = General.R13;
    private static final General NEXT_KEY = General.R14;
    private static final General NEXT_KEPT = General.R15;

    private final boolean keptByRow;
    private final Vector[] sums; // of every fourth row, for a key
    private final Vector[] answers; // of even and of odd rows
    private final Vector[] missing;
    private final Vector kept = Vector.zmm(14);
    private final Vector key = Vector.zmm(15);
    private final Vector query = Vector.zmm(16);
    private final Vector nextKey = Vector.zmm(17);
    private final Vector state = Vector.zmm(18);

    private DeltaCode(Target target, int width, boolean keptByRow) {
        super(target, width, columns(target, width), TOKENS_AHEAD);
        this.keptByRow = keptByRow;
        sums = run(0, COUNT * vectors);
        answers = run(8, 2 * vectors);
        missing = run(12, vectors);
    }

    /** Columns that a call takes of a panel: as many as registers serve. */
    static int columns(Target target, int width) {
        return target.level().evex() ? Math.min(width, 2 * target.level().lanes()) : target.level().lanes();
    }

    /**
     * {@code f(parameters, -, -, -, -, -)}: {@link StateParameter}, a call for {@link #columns} of a panel.
     *
     * @param width columns of a panel: 16 or 32
     * @param keptByRow whether rows decay by themselves
     */
    static Assembler emit(Target target, int width, boolean keptByRow) {
        return new DeltaCode(target, width, keptByRow).emit();
    }

    private Assembler emit() {
        frame.enter(a);
        a.load(TOKENS, parameter(StateParameter.TOKENS));
        a.load(ROWS, parameter(StateParameter.ROWS));
        a.load(VALUES, parameter(StateParameter.VALUES));
        a.load(KEY, parameter(StateParameter.INTO));
        a.load(QUERY, parameter(StateParameter.OUT));
        a.load(BETA, parameter(StateParameter.STEP));
        a.load(KEPT, parameter(StateParameter.KEPT));
        a.load(RESULT, parameter(StateParameter.RESULT));
        a.load(FROM, parameter(StateParameter.SOURCE));
        a.load(DISTANCE, parameter(StateParameter.TARGET));
        a.subtract(DISTANCE, FROM);
        read();
        a.load(FROM, parameter(StateParameter.SOURCE));
        Label nextToken = a.here();
        ahead(VALUES, StateParameter.VALUES_STRIDE, 4 * width);
        ahead(RESULT, StateParameter.RESULT_STRIDE, 4 * width);
        missing();
        Label last = a.label();
        Label answered = a.label();
        a.compare(TOKENS, 1);
        a.jump(Condition.EQUAL, last);
        change(true);
        a.jump(answered);
        a.bind(last);
        change(false);
        a.bind(answered);
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VADDPS, answers[v], answers[v], answers[vectors + v]);
            a.store(Instruction.VMOVUPS, RESULT.at(v * vectorBytes), answers[v]);
        }
        // From now on the state is where this token has left it.
        a.load(FROM, parameter(StateParameter.TARGET));
        a.set(DISTANCE, 0);
        advance(VALUES, StateParameter.VALUES_STRIDE);
        advance(BETA, StateParameter.STEP_STRIDE);
        advance(RESULT, StateParameter.RESULT_STRIDE);
        advance(KEPT, StateParameter.KEPT_STRIDE);
        advance(KEY, StateParameter.ROWS_STRIDE);
        a.add(QUERY, General.RAX);
        a.subtract(TOKENS, 1);
        a.jump(Condition.NOT_EQUAL, nextToken);
        frame.leave(a);
        return a;
    }

    /** What the state, once decayed, gives for the first key; without what is kept, where that is one value. */
    private void read() {
        zero(sums);
        eachRow(row -> {
            a.vector(Instruction.VBROADCASTSS, key, KEY.at(ROW, 4, 4 * row));
            if (keptByRow) {
                a.vector(Instruction.VBROADCASTSS, kept, KEPT.at(ROW, 4, 4 * row));
                a.vector(Instruction.VMULPS, key, key, kept);
            }
            for (int v = 0; v < vectors; v++) {
                a.vector(Instruction.VFMADD231PS, sums[row * vectors + v], key, FROM.at(at(row, v)));
            }
        });
    }

    /** {@code missing = beta (v - kept sums)}. */
    private void missing() {
        if (!keptByRow) {
            a.vector(Instruction.VBROADCASTSS, kept, KEPT.at(0));
        }
        a.vector(Instruction.VBROADCASTSS, key, BETA.at(0));
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VADDPS, sums[v], sums[v], sums[vectors + v]);
            a.vector(Instruction.VADDPS, sums[2 * vectors + v], sums[2 * vectors + v], sums[3 * vectors + v]);
            a.vector(Instruction.VADDPS, sums[v], sums[v], sums[2 * vectors + v]);
            if (!keptByRow) {
                a.vector(Instruction.VMULPS, sums[v], sums[v], kept);
            }
            a.vector(Instruction.VMOVUPS, state, VALUES.at(v * vectorBytes));
            a.vector(Instruction.VSUBPS, state, state, sums[v]);
            a.vector(Instruction.VMULPS, missing[v], state, key);
        }
    }

    /** What is missing is learnt, and the query answered. @param readNext whether there is a next token, whose key is read with */
    private void change(boolean readNext) {
        zero(answers);
        if (readNext) {
            zero(sums);
            a.load(NEXT_KEY, parameter(StateParameter.ROWS_STRIDE));
            a.add(NEXT_KEY, KEY);
            a.load(NEXT_KEPT, parameter(StateParameter.KEPT_STRIDE));
            a.add(NEXT_KEPT, KEPT);
        }
        eachRow(row -> {
            a.vector(Instruction.VBROADCASTSS, key, KEY.at(ROW, 4, 4 * row));
            a.vector(Instruction.VBROADCASTSS, query, QUERY.at(ROW, 4, 4 * row));
            if (keptByRow) {
                a.vector(Instruction.VBROADCASTSS, kept, KEPT.at(ROW, 4, 4 * row));
            }
            if (readNext) {
                a.vector(Instruction.VBROADCASTSS, nextKey, NEXT_KEY.at(ROW, 4, 4 * row));
                if (keptByRow) {
                    a.vector(Instruction.VBROADCASTSS, state, NEXT_KEPT.at(ROW, 4, 4 * row));
                    a.vector(Instruction.VMULPS, nextKey, nextKey, state);
                }
            }
            for (int v = 0; v < vectors; v++) {
                a.vector(Instruction.VMULPS, state, kept, FROM.at(at(row, v)));
                a.vector(Instruction.VFMADD231PS, state, key, missing[v]);
                a.store(Instruction.VMOVUPS, FROM.at(DISTANCE, 1, at(row, v)), state);
                a.vector(Instruction.VFMADD231PS, answers[row % 2 * vectors + v], query, state);
                if (readNext) {
                    a.vector(Instruction.VFMADD231PS, sums[row * vectors + v], nextKey, state);
                }
            }
        });
    }

    /** Runs over all rows, some at a time. */
    private void eachRow(IntConsumer body) {
        a.set(ROW, 0);
        Label next = a.here();
        for (int row = 0; row < COUNT; row++) {
            body.accept(row);
        }
        a.add(FROM, COUNT * 4 * width);
        a.add(ROW, COUNT);
        a.compare(ROW, ROWS);
        a.jump(Condition.LESS, next);
    }
}

package moka.engine.kernel.machine.aarch64;

import java.util.function.IntConsumer;
import moka.engine.kernel.machine.ExponentialConstants;
import moka.engine.kernel.machine.StateForm;
import moka.engine.kernel.machine.StateParameter;

/**
 * States that each token changes: 16 columns of a panel of {@code [rows][width]}, token by token, four rows at a time, whose factors are the lanes of a register.
 * Parameters and the order of sums are those of the x86 kernels.
 */
final class StateCode {
    /** Columns of a call. */
    static final int COLUMNS = 16;

    private static final int QUADS = COLUMNS / 4;
    private static final General PARAMETERS = General.X0;
    private static final General SOURCE = General.X1;
    private static final General TARGET = General.X2;
    private static final General ROWS = General.X3;
    private static final General VALUES = General.X4;
    private static final General INTO = General.X5;
    private static final General OUT = General.X6;
    private static final General RESULT = General.X7;
    private static final General LEFT = General.X8;
    private static final General STEP = General.X9;
    private static final General KEPT = General.X10;
    private static final General TOKENS = General.X11;
    private static final General FROM = General.X12;
    private static final General TO = General.X13;
    private static final General INTO_ROW = General.X14;
    private static final General OUT_ROW = General.X15;
    private static final General KEPT_ROW = General.X16;
    private static final General SCRATCH = General.X17;

    private final Assembler a = new Assembler();
    private final Frame frame = new Frame(0);
    private final int width;

    private StateCode(int width) {
        this.width = width;
    }

    /** @param width columns of a panel: 16 or 32 */
    static byte[] emit(StateForm form, int width) {
        var code = new StateCode(width);
        code.enter();
        switch (form) {
            case HEADS -> code.heads();
            case CHANNELS -> code.channels();
            case DELTA -> code.delta(false);
            case DELTA_BY_ROW -> code.delta(true);
        }
        code.frame.leave(code.a);
        return code.a.toBytes();
    }

    private void heads() {
        Vector[] x = Vector.run(0, QUADS);
        Vector[] sums = Vector.run(4, 2 * QUADS); // of even and of odd rows
        Vector into = Vector.v(12);
        Vector out = Vector.v(13);
        Vector state = Vector.v(14);
        Vector kept = Vector.v(15);
        Label nextToken = a.here();
        a.loadBroadcast(kept, KEPT);
        a.loadBroadcast(into, STEP);
        for (int q = 0; q < QUADS; q++) {
            a.load(x[q], VALUES.at(16 * q));
            a.vector(Instruction.FMUL, x[q], x[q], into);
        }
        zero(sums);
        eachFourRows(() -> {
            a.load(into, INTO_ROW.at(0));
            a.load(out, OUT_ROW.at(0));
        }, row -> {
            for (int q = 0; q < QUADS; q++) {
                a.load(state, FROM.at(at(row, q)));
                a.vector(Instruction.FMUL, state, state, kept);
                a.lane(Instruction.FMLA_LANE, state, x[q], into, row);
                a.store(state, TO.at(at(row, q)));
                a.lane(Instruction.FMLA_LANE, sums[row % 2 * QUADS + q], state, out, row);
            }
        });
        a.load(SCRATCH, parameter(StateParameter.SKIP));
        a.loadBroadcast(into, SCRATCH);
        for (int q = 0; q < QUADS; q++) {
            a.vector(Instruction.FADD, sums[q], sums[q], sums[QUADS + q]);
            a.load(state, VALUES.at(16 * q));
            a.vector(Instruction.FMLA, sums[q], state, into);
            a.store(sums[q], RESULT.at(16 * q));
        }
        advance(KEPT, StateParameter.KEPT_STRIDE);
        next(nextToken);
    }

    private void channels() {
        // Registers 3 to 5 and 16 to 22 are those of the power.
        Vector state = Vector.v(0);
        Vector into = Vector.v(1);
        Vector out = Vector.v(2);
        Vector[] steps = Vector.run(6, QUADS);
        Vector[] x = Vector.run(10, QUADS);
        Vector[] sums = {Vector.v(14), Vector.v(15), Vector.v(29), Vector.v(30)};
        Vector before = Vector.v(31);
        Vector log2E = Vector.v(23);
        ExponentialCode.powerOfTwoConstants(a);
        Lanes.broadcast(a, log2E, ExponentialConstants.log2E());
        Label nextToken = a.here();
        for (int q = 0; q < QUADS; q++) {
            a.load(steps[q], STEP.at(16 * q));
            a.load(x[q], VALUES.at(16 * q));
            a.vector(Instruction.FMUL, x[q], steps[q], x[q]);
            a.vector(Instruction.FMUL, steps[q], steps[q], log2E);
        }
        zero(sums);
        eachFourRows(() -> {
            a.load(into, INTO_ROW.at(0));
            a.load(out, OUT_ROW.at(0));
        }, row -> {
            for (int q = 0; q < QUADS; q++) {
                a.load(state, KEPT_ROW.at(at(row, q)));
                a.vector(Instruction.FMUL, state, steps[q], state);
                ExponentialCode.powerOfTwo(a, state);
                a.load(before, FROM.at(at(row, q)));
                a.vector(Instruction.FMUL, state, state, before);
                a.lane(Instruction.FMLA_LANE, state, x[q], into, row);
                a.store(state, TO.at(at(row, q)));
                a.lane(Instruction.FMLA_LANE, sums[q], state, out, row);
            }
            if (row == 3) {
                // A lies as the state does, not as one value a row.
                a.add(KEPT_ROW, 16 * width - 16);
            }
        });
        a.load(SCRATCH, parameter(StateParameter.SKIP));
        for (int q = 0; q < QUADS; q++) {
            a.load(state, VALUES.at(16 * q));
            a.load(before, SCRATCH.at(16 * q));
            a.vector(Instruction.FMLA, sums[q], state, before);
            a.store(sums[q], VALUES.at(16 * q));
        }
        next(nextToken);
    }

    private void delta(boolean keptByRow) {
        Vector[] sums = Vector.run(0, 4 * QUADS); // of every fourth row; then of even and of odd rows
        Vector key = Vector.v(16);
        Vector query = Vector.v(17);
        Vector kept = Vector.v(18);
        Vector state = Vector.v(19);
        Vector[] missing = Vector.run(20, QUADS);
        Label nextToken = a.here();
        // What the state, once decayed, gives for the key.
        zero(sums);
        eachFourRows(() -> {
            a.load(key, INTO_ROW.at(0));
            if (keptByRow) {
                a.load(kept, KEPT_ROW.at(0));
                a.vector(Instruction.FMUL, key, key, kept);
            }
        }, row -> {
            for (int q = 0; q < QUADS; q++) {
                a.load(state, FROM.at(at(row, q)));
                a.lane(Instruction.FMLA_LANE, sums[row * QUADS + q], state, key, row);
            }
        });
        if (!keptByRow) {
            a.loadBroadcast(kept, KEPT);
        }
        a.loadBroadcast(key, STEP);
        for (int q = 0; q < QUADS; q++) {
            a.vector(Instruction.FADD, sums[q], sums[q], sums[QUADS + q]);
            a.vector(Instruction.FADD, sums[2 * QUADS + q], sums[2 * QUADS + q], sums[3 * QUADS + q]);
            a.vector(Instruction.FADD, sums[q], sums[q], sums[2 * QUADS + q]);
            if (!keptByRow) {
                a.vector(Instruction.FMUL, sums[q], sums[q], kept);
            }
            a.load(state, VALUES.at(16 * q));
            a.vector(Instruction.FSUB, state, state, sums[q]);
            a.vector(Instruction.FMUL, missing[q], state, key);
        }
        // What is missing is learnt, and the query answered.
        zero(Vector.run(0, 2 * QUADS));
        eachFourRows(() -> {
            a.load(key, INTO_ROW.at(0));
            a.load(query, OUT_ROW.at(0));
            if (keptByRow) {
                a.load(kept, KEPT_ROW.at(0));
            }
        }, row -> {
            for (int q = 0; q < QUADS; q++) {
                a.load(state, FROM.at(at(row, q)));
                if (keptByRow) {
                    a.lane(Instruction.FMUL_LANE, state, state, kept, row);
                } else {
                    a.vector(Instruction.FMUL, state, state, kept);
                }
                a.lane(Instruction.FMLA_LANE, state, missing[q], key, row);
                a.store(state, TO.at(at(row, q)));
                a.lane(Instruction.FMLA_LANE, sums[row % 2 * QUADS + q], state, query, row);
            }
        });
        for (int q = 0; q < QUADS; q++) {
            a.vector(Instruction.FADD, sums[q], sums[q], sums[QUADS + q]);
            a.store(sums[q], RESULT.at(16 * q));
        }
        advance(KEPT, StateParameter.KEPT_STRIDE);
        next(nextToken);
    }

    // ---- what all have

    private void enter() {
        frame.enter(a);
        a.load(TOKENS, parameter(StateParameter.TOKENS));
        a.load(ROWS, parameter(StateParameter.ROWS));
        a.load(SOURCE, parameter(StateParameter.SOURCE));
        a.load(TARGET, parameter(StateParameter.TARGET));
        a.load(VALUES, parameter(StateParameter.VALUES));
        a.load(INTO, parameter(StateParameter.INTO));
        a.load(OUT, parameter(StateParameter.OUT));
        a.load(STEP, parameter(StateParameter.STEP));
        a.load(KEPT, parameter(StateParameter.KEPT));
        a.load(RESULT, parameter(StateParameter.RESULT));
    }

    /** On to the next token, whose state is where this one has left it. */
    private void next(Label nextToken) {
        a.move(SOURCE, TARGET);
        advance(VALUES, StateParameter.VALUES_STRIDE);
        advance(INTO, StateParameter.ROWS_STRIDE);
        a.add(OUT, OUT, SCRATCH, 0);
        advance(STEP, StateParameter.STEP_STRIDE);
        advance(RESULT, StateParameter.RESULT_STRIDE);
        a.subtractAndTest(TOKENS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextToken);
    }

    private void advance(General pointer, StateParameter stride) {
        a.load(SCRATCH, parameter(stride));
        a.add(pointer, pointer, SCRATCH, 0);
    }

    private static Memory parameter(StateParameter parameter) {
        return PARAMETERS.at(parameter.offset());
    }

    /** Runs over all rows. @param factors loads what belongs to four of them */
    private void eachFourRows(Runnable factors, IntConsumer body) {
        a.move(LEFT, ROWS);
        a.move(FROM, SOURCE);
        a.move(TO, TARGET);
        a.move(INTO_ROW, INTO);
        a.move(OUT_ROW, OUT);
        a.move(KEPT_ROW, KEPT);
        Label next = a.here();
        factors.run();
        for (int row = 0; row < 4; row++) {
            body.accept(row);
        }
        a.add(FROM, 16 * width);
        a.add(TO, 16 * width);
        a.add(INTO_ROW, 16);
        a.add(OUT_ROW, 16);
        a.add(KEPT_ROW, 16);
        a.subtractAndTest(LEFT, 4);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
    }

    /** Byte of four columns of a row. */
    private int at(int row, int quad) {
        return row * 4 * width + 16 * quad;
    }

    private void zero(Vector[] vectors) {
        for (Vector vector : vectors) {
            a.zero(vector);
        }
    }
}

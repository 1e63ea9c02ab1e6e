package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.FloatKind;
import moka.engine.kernel.machine.TileTail;

/**
 * Products of panels of float weights ({@link FloatKind}), one at a time, with up to three rows of float32 activations. Two sums for each
 * result, of even and odd columns, hide the latency of the multiply-adds; they are added at the end, as the x86 kernels do it: results have
 * the same bits.
 *
 * <p>{@code f(panels, activations, activationStride, output, outputStride, parameters)}; steps are two columns, count is tiles of
 * tokens. Panels are a multiple of four columns long.
 */
final class FloatTileCode {
    /** Tokens for whose sums there are registers. */
    static final int MOST_TOKENS = 3;

    private static final int PREFETCH_BYTES = 4096;
    private static final General PANEL = General.X6;
    private static final General STEPS = General.X7;
    private static final General[] TOKENS = {General.X8, General.X9, General.X10};
    private static final General BIAS = General.X13;
    private static final General COUNT = General.X19;
    private static final General ROWS = General.X20;
    private static final General OUTPUT = General.X21;
    private static final General MASK = General.X22;
    private static final Vector[] WEIGHTS = Vector.run(24, 4);
    private static final Vector[] ACTIVATIONS = Vector.run(28, MOST_TOKENS);

    private FloatTileCode() {}

    static byte[] emit(FloatKind kind, int tokens) {
        var a = new Assembler();
        var frame = new Frame(0, COUNT, ROWS, OUTPUT, MASK);
        frame.enter(a);
        a.load32(MASK, General.X5.at(TileTail.MASKS));
        a.load(BIAS, General.X5.at(TileTail.BIAS));
        a.load(COUNT, General.X5.at(TileTail.COUNT));
        a.move(ROWS, General.X1);
        a.move(OUTPUT, General.X3);
        Label nextTile = a.here();
        tile(a, kind, tokens);
        for (int t = 0; t < tokens; t++) {
            a.add(ROWS, ROWS, General.X2, 0);
            a.add(OUTPUT, OUTPUT, General.X4, 0);
        }
        a.subtractAndTest(COUNT, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextTile);
        frame.leave(a);
        return a.toBytes();
    }

    private static void tile(Assembler a, FloatKind kind, int tokens) {
        Vector[][][] sums = new Vector[2][4][];
        for (int i = 0; i < 2; i++) {
            for (int q = 0; q < 4; q++) {
                sums[i][q] = Vector.run((4 * i + q) * tokens, tokens);
                for (Vector sum : sums[i][q]) {
                    a.zero(sum);
                }
            }
        }
        a.move(PANEL, General.X0);
        a.move(TOKENS[0], ROWS);
        for (int t = 1; t < tokens; t++) {
            a.add(TOKENS[t], TOKENS[t - 1], General.X2, 0);
        }
        a.load(STEPS, General.X5.at(TileTail.STEPS));
        Label next = a.here();
        for (int t = 0; t < tokens; t++) {
            a.load(ACTIVATIONS[t], TOKENS[t].at(0));
        }
        int columnBytes = kind.stepBytes() / 2;
        for (int column = 0; column < 4; column++) {
            load(a, kind, column * columnBytes);
            for (int q = 0; q < 4; q++) {
                for (int t = 0; t < tokens; t++) {
                    a.lane(Instruction.FMLA_LANE, sums[column % 2][q][t], WEIGHTS[q], ACTIVATIONS[t], column);
                }
            }
        }
        for (int at = 0; at < 4 * columnBytes; at += 64) {
            a.prefetch(PANEL.at(at + PREFETCH_BYTES));
        }
        a.add(PANEL, 4 * columnBytes);
        for (int t = 0; t < tokens; t++) {
            a.add(TOKENS[t], 16);
        }
        a.subtractAndTest(STEPS, 2);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        for (int q = 0; q < 4; q++) {
            for (int t = 0; t < tokens; t++) {
                a.vector(Instruction.FADD, sums[0][q][t], sums[0][q][t], sums[1][q][t]);
            }
        }
        new Tail(General.X5, OUTPUT, General.X4, BIAS, MASK, WEIGHTS).emit(a, sums[0], new General[0]);
    }

    /** A column of 16 rows. */
    private static void load(Assembler a, FloatKind kind, int offset) {
        if (kind == FloatKind.F32) {
            for (int q = 0; q < 4; q++) {
                a.load(WEIGHTS[q], PANEL.at(offset + 16 * q));
            }
            return;
        }
        boolean half = kind == FloatKind.F16;
        for (int i = 0; i < 2; i++) {
            Vector low = WEIGHTS[2 * i];
            a.load(low, PANEL.at(offset + 16 * i));
            a.vector(half ? Instruction.FCVTL2 : Instruction.SHLL2_4S, WEIGHTS[2 * i + 1], low);
            a.vector(half ? Instruction.FCVTL : Instruction.SHLL_4S, low, low);
        }
    }
}

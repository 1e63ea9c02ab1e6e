package moka.engine.kernel.machine.aarch64;

import java.util.Arrays;
import moka.engine.kernel.machine.ActivationRow;
import moka.engine.kernel.machine.PanelFormat;
import moka.engine.kernel.machine.Scales;
import moka.engine.kernel.machine.TileTail;

/**
 * Products of unpacked panels ({@link UnpackCode}), one at a time, with up to three rows of activations, by {@code sdot}. A tile of 16 rows and
 * three tokens has 12 integer and 12 float sums in registers. For 32 columns it takes 96 {@code sdot}, 38 loads and 39 operations for
 * scales. Not measured: no processor was at hand.
 *
 * <p>{@code f(records, activations, activationStride, output, outputStride, parameters)}; steps are units, count is tiles of tokens.
 */
final class TileCode {
    /** Tokens for whose sums there are registers. */
    static final int MOST_TOKENS = 3;

    private static final General RECORD = General.X6;
    private static final General UNITS = General.X7;
    private static final General[] TOKENS = {General.X8, General.X9, General.X10};
    private static final General BIAS = General.X13;
    private static final General COUNT = General.X19;
    private static final General ROWS = General.X20;
    private static final General OUTPUT = General.X21;
    private static final General MASK = General.X22;
    private static final Vector[] WEIGHTS = Vector.run(24, 4);
    private static final Vector[] ACTIVATIONS = Vector.run(28, MOST_TOKENS);
    private static final Vector TEMPORARY = Vector.v(31);

    private final PanelFormat format;
    private final Assembler a = new Assembler();

    private TileCode(PanelFormat format) {
        this.format = format;
    }

    static byte[] emit(PanelFormat format, int tokens) {
        return new TileCode(format).emit(tokens);
    }

    private byte[] emit(int tokens) {
        var frame = new Frame(0, COUNT, ROWS, OUTPUT, MASK);
        frame.enter(a);
        a.load32(MASK, General.X5.at(TileTail.MASKS));
        a.load(BIAS, General.X5.at(TileTail.BIAS));
        a.load(COUNT, General.X5.at(TileTail.COUNT));
        a.move(ROWS, General.X1);
        a.move(OUTPUT, General.X3);
        Label nextTile = a.here();
        tile(tokens);
        for (int t = 0; t < tokens; t++) {
            a.add(ROWS, ROWS, General.X2, 0);
            a.add(OUTPUT, OUTPUT, General.X4, 0);
        }
        a.subtractAndTest(COUNT, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextTile);
        frame.leave(a);
        return a.toBytes();
    }

    private void tile(int tokens) {
        Vector[][] sums = new Vector[4][];
        Vector[][] integers = new Vector[4][];
        for (int q = 0; q < 4; q++) {
            sums[q] = Vector.run(q * tokens, tokens);
            integers[q] = Vector.run(12 + q * tokens, tokens);
        }
        Scales scales = format.scales();
        int groups = ActivationRow.UNIT / scales.groupLength();
        a.move(RECORD, General.X0);
        a.move(TOKENS[0], ROWS);
        for (int t = 1; t < tokens; t++) {
            a.add(TOKENS[t], TOKENS[t - 1], General.X2, 0);
        }
        a.load(UNITS, General.X5.at(TileTail.STEPS));
        for (Vector[] rows : sums) {
            for (Vector sum : rows) {
                a.zero(sum);
            }
        }
        Label nextUnit = a.here();
        for (int group = 0; group < groups; group++) {
            group(group, groups, sums, integers);
        }
        a.add(RECORD, format.recordBytes());
        for (int t = 0; t < tokens; t++) {
            a.add(TOKENS[t], ActivationRow.RECORD_BYTES);
        }
        a.subtractAndTest(UNITS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextUnit);
        new Tail(General.X5, OUTPUT, General.X4, BIAS, MASK, WEIGHTS).emit(a, sums, Arrays.copyOf(TOKENS, tokens));
    }

    private void group(int group, int groups, Vector[][] sums, Vector[][] integers) {
        int tokens = sums[0].length;
        Scales scales = format.scales();
        for (Vector[] rows : integers) {
            for (Vector integer : rows) {
                a.zero(integer);
            }
        }
        int quarters = 8 / groups;
        for (int i = 0; i < quarters; i++) {
            int quarter = group * quarters + i;
            if (quarter % 4 == 0) {
                for (int t = 0; t < tokens; t++) {
                    a.load(ACTIVATIONS[t], TOKENS[t].at(4 * quarter));
                }
            }
            for (int q = 0; q < 4; q++) {
                a.load(WEIGHTS[q], RECORD.at(64 * quarter + 16 * q));
                for (int t = 0; t < tokens; t++) {
                    a.lane(Instruction.SDOT_LANE, integers[q][t], WEIGHTS[q], ACTIVATIONS[t], quarter % 4);
                }
            }
        }
        for (int q = 0; q < 4; q++) {
            a.load(WEIGHTS[q], RECORD.at(512 + 64 * group + 16 * q));
        }
        for (int t = 0; t < tokens; t++) {
            a.load32(TEMPORARY, TOKENS[t].at(ActivationRow.EXPONENT));
            a.broadcast(TEMPORARY, TEMPORARY, 0);
            for (int q = 0; q < 4; q++) {
                a.vector(Instruction.SCVTF, integers[q][t], integers[q][t]);
                a.vector(Instruction.ADD_4S, integers[q][t], integers[q][t], TEMPORARY);
                a.vector(Instruction.FMLA, sums[q][t], integers[q][t], WEIGHTS[q]);
            }
        }
        if (scales.hasMinimums()) {
            Instruction product = scales.addsMinimums() ? Instruction.FMLA_LANE : Instruction.FMLS_LANE;
            for (int q = 0; q < 4; q++) {
                a.load(WEIGHTS[q], RECORD.at(512 + 64 * (groups + group) + 16 * q));
            }
            for (int t = 0; t < tokens; t++) {
                a.load32(TEMPORARY, TOKENS[t].at(ActivationRow.SCALED_SUM_LOW + 4 * StreamCode.scaledSumLane(group, groups)));
                for (int q = 0; q < 4; q++) {
                    a.lane(product, sums[q][t], WEIGHTS[q], TEMPORARY, 0);
                }
            }
        }
    }
}

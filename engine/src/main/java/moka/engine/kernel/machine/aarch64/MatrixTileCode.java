package moka.engine.kernel.machine.aarch64;

import java.util.Arrays;
import moka.engine.kernel.machine.ActivationRow;
import moka.engine.kernel.machine.PanelFormat;
import moka.engine.kernel.machine.Scales;
import moka.engine.kernel.machine.TileTail;

/**
 * Products of unpacked panels ({@link UnpackCode}), one at a time, with up to six rows of activations, by {@code smmla}, which multiplies two rows with two
 * tokens over 8 columns: twice the products of {@code sdot}. A tile of 8 rows and three pairs of tokens has 12 integer and 12 float sums in registers; of
 * an odd number the last token is taken twice. For 32 columns it takes 48 {@code smmla} (as much as 96 {@code sdot}), 28 loads, 12
 * operations to pair tokens and about 56 for scales: these, not {@code smmla}, are the larger part. Not measured: no processor was at hand.
 *
 * <p>Integer sums are exact, the rest is done in the order of {@link TileCode}: results have the same bits.
 *
 * <p>{@code f(records, activations, activationStride, output, outputStride, parameters)}; steps are units, count is tiles of tokens.
 */
final class MatrixTileCode {
    private static final int ROW_PAIRS = 4;
    private static final General CODES = General.X6;
    private static final General SCALES = General.X7;
    private static final General[] TOKENS = {General.X8, General.X9, General.X10, General.X11, General.X12, General.X13};
    private static final General UNITS = General.X14;
    private static final General MASK = General.X19;
    private static final General BIAS = General.X20;
    private static final General COUNT = General.X21;
    private static final General ROWS = General.X22;
    private static final General OUTPUT = General.X23;
    private static final General FIRST_OUTPUT = General.X24;
    private static final Vector[] WEIGHTS = Vector.run(24, 2);
    private static final Vector[] ACTIVATIONS = Vector.run(26, 6);

    private final PanelFormat format;
    private final int tokens;
    private final int pairs;
    private final Vector[][] sums = new Vector[ROW_PAIRS][];
    private final Vector[][] integers = new Vector[ROW_PAIRS][];
    private final Assembler a = new Assembler();

    private MatrixTileCode(PanelFormat format, int tokens) {
        this.format = format;
        this.tokens = tokens;
        pairs = (tokens + 1) / 2;
        for (int p = 0; p < ROW_PAIRS; p++) {
            sums[p] = Vector.run(p * pairs, pairs);
            integers[p] = Vector.run(12 + p * pairs, pairs);
        }
    }

    static byte[] emit(PanelFormat format, int tokens) {
        return new MatrixTileCode(format, tokens).emit();
    }

    private byte[] emit() {
        var frame = new Frame(0, MASK, BIAS, COUNT, ROWS, OUTPUT, FIRST_OUTPUT);
        frame.enter(a);
        a.load(COUNT, General.X5.at(TileTail.COUNT));
        a.move(ROWS, General.X1);
        a.move(FIRST_OUTPUT, General.X3);
        Label nextTile = a.here();
        tile(0);
        tile(1);
        for (int t = 0; t < tokens; t++) {
            a.add(ROWS, ROWS, General.X2, 0);
            a.add(FIRST_OUTPUT, FIRST_OUTPUT, General.X4, 0);
        }
        a.subtractAndTest(COUNT, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextTile);
        frame.leave(a);
        return a.toBytes();
    }

    /** Eight rows with all tokens. */
    private void tile(int half) {
        int groups = ActivationRow.UNIT / format.scales().groupLength();
        a.add(CODES, General.X0, 64 * half);
        a.add(SCALES, General.X0, 512 + 32 * half);
        a.move(TOKENS[0], ROWS);
        for (int t = 1; t < 2 * pairs; t++) {
            if (t < tokens) {
                a.add(TOKENS[t], TOKENS[t - 1], General.X2, 0);
            } else {
                a.move(TOKENS[t], TOKENS[t - 1]);
            }
        }
        a.load(UNITS, General.X5.at(TileTail.STEPS));
        for (Vector[] rows : sums) {
            for (Vector sum : rows) {
                a.zero(sum);
            }
        }
        Label nextUnit = a.here();
        for (int group = 0; group < groups; group++) {
            group(group, groups);
        }
        a.add(CODES, format.recordBytes());
        a.add(SCALES, format.recordBytes());
        for (int t = 0; t < 2 * pairs; t++) {
            a.add(TOKENS[t], ActivationRow.RECORD_BYTES);
        }
        a.subtractAndTest(UNITS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextUnit);
        end(half);
    }

    private void group(int group, int groups) {
        for (Vector[] rows : integers) {
            for (Vector integer : rows) {
                a.zero(integer);
            }
        }
        for (int part = group * 2 / groups; part < (group + 1) * 2 / groups; part++) {
            for (int p = 0; p < pairs; p++) {
                Vector first = WEIGHTS[0];
                Vector second = WEIGHTS[1];
                a.load(first, TOKENS[2 * p].at(16 * part));
                a.load(second, TOKENS[2 * p + 1].at(16 * part));
                a.vector(Instruction.ZIP1_2D, ACTIVATIONS[2 * p], first, second);
                a.vector(Instruction.ZIP2_2D, ACTIVATIONS[2 * p + 1], first, second);
            }
            for (int octet = 0; octet < 2; octet++) {
                for (int r = 0; r < ROW_PAIRS; r++) {
                    Vector weight = WEIGHTS[r % 2];
                    a.load(weight, CODES.at(128 * (2 * part + octet) + 16 * r));
                    for (int p = 0; p < pairs; p++) {
                        a.vector(Instruction.SMMLA, integers[r][p], weight, ACTIVATIONS[2 * p + octet]);
                    }
                }
            }
        }
        for (int p = 0; p < pairs; p++) {
            tokenValues(p, ActivationRow.EXPONENT, ACTIVATIONS[p]);
        }
        for (int r = 0; r < ROW_PAIRS; r++) {
            Vector scale = rowValues(64 * group, r);
            for (int p = 0; p < pairs; p++) {
                a.vector(Instruction.SCVTF, integers[r][p], integers[r][p]);
                a.vector(Instruction.ADD_4S, integers[r][p], integers[r][p], ACTIVATIONS[p]);
                a.vector(Instruction.FMLA, sums[r][p], integers[r][p], scale);
            }
        }
        Scales scales = format.scales();
        if (scales.hasMinimums()) {
            for (int p = 0; p < pairs; p++) {
                tokenValues(p, ActivationRow.SCALED_SUM_LOW + 4 * StreamCode.scaledSumLane(group, groups), ACTIVATIONS[p]);
            }
            for (int r = 0; r < ROW_PAIRS; r++) {
                Vector minimum = rowValues(64 * (groups + group), r);
                for (int p = 0; p < pairs; p++) {
                    a.vector(scales.addsMinimums() ? Instruction.FMLA : Instruction.FMLS, sums[r][p], minimum, ACTIVATIONS[p]);
                }
            }
        }
    }

    /** Lanes = a value of the first token, of the second, and both again. */
    private void tokenValues(int pair, int offset, Vector target) {
        a.load32(target, TOKENS[2 * pair].at(offset));
        a.load32(WEIGHTS[0], TOKENS[2 * pair + 1].at(offset));
        a.vector(Instruction.ZIP1_4S, target, target, WEIGHTS[0]);
        a.vector(Instruction.ZIP1_2D, target, target, target);
    }

    /** Lanes = a value of the first row of a pair, twice, and of the second, twice. */
    private Vector rowValues(int offset, int pair) {
        Vector four = WEIGHTS[0];
        Vector two = WEIGHTS[1];
        if (pair % 2 == 0) {
            a.load(four, SCALES.at(offset + 8 * pair));
        }
        a.vector(pair % 2 == 0 ? Instruction.ZIP1_4S : Instruction.ZIP2_4S, two, four, four);
        return two;
    }

    /** From two rows by two tokens to rows of a token, then stores. */
    private void end(int half) {
        var rows = new Vector[2][tokens];
        for (int q = 0; q < 2; q++) {
            for (int p = 0; p < pairs; p++) {
                Vector even = sums[2 * q][p];
                Vector odd = sums[2 * q + 1][p];
                a.vector(Instruction.UZP1_4S, ACTIVATIONS[0], even, odd);
                a.vector(Instruction.UZP2_4S, odd, even, odd);
                a.move(even, ACTIVATIONS[0]);
                rows[q][2 * p] = even;
                if (2 * p + 1 < tokens) {
                    rows[q][2 * p + 1] = odd;
                }
            }
        }
        a.load32(MASK, General.X5.at(TileTail.MASKS));
        a.shiftRight(MASK, MASK, 8 * half);
        a.load(BIAS, General.X5.at(TileTail.BIAS));
        Label withoutBias = a.label();
        a.jumpIfZero(BIAS, withoutBias);
        a.add(BIAS, 32 * half);
        a.bind(withoutBias);
        a.add(OUTPUT, FIRST_OUTPUT, 32 * half);
        new Tail(General.X5, OUTPUT, General.X4, BIAS, MASK, ACTIVATIONS).emit(a, rows, Arrays.copyOf(TOKENS, tokens));
    }
}

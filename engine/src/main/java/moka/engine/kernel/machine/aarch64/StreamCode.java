package moka.engine.kernel.machine.aarch64;

import java.util.Arrays;
import moka.engine.kernel.machine.ActivationRow;
import moka.engine.kernel.machine.PanelFormat;
import moka.engine.kernel.machine.Scales;
import moka.engine.kernel.machine.TileTail;

/**
 * Products of panels, as they lie in memory, with one to six rows of activations, by {@code sdot}: its third operand is four bytes of a register, so
 * that a load of 16 activations serves four quarters of all rows. Lanes are rows; there are no sums across lanes.
 *
 * <p>There are 32 registers of 128 bits: with one token all 16 rows of the panel are worked on at once, with two or three tokens 8, with more 4; the panel,
 * which is in a cache by then, is read again for the others. For each group of columns the operations are those of the x86 kernels in their
 * order: results have the same bits.
 *
 * <p>{@code f(panels, activations, activationStride, output, outputStride, parameters)}; steps are blocks, count is panels.
 */
final class StreamCode {
    private static final int PREFETCH_BYTES = 4096;

    private static final General RUN = General.X6;
    private static final General NARROW = General.X7;
    private static final General[] TOKENS = {General.X8, General.X9, General.X10, General.X11, General.X12, General.X13};
    private static final General BLOCKS = General.X14;
    private static final General PANELS = General.X19;
    private static final General PASSES = General.X20;
    private static final General BIAS = General.X21;
    private static final General MASK = General.X22;
    private static final General OUTPUT = General.X23;
    private static final General PASS_RUN = General.X24;
    private static final General PASS_NARROW = General.X25;
    private static final General PANEL_BYTES = General.X26;
    private static final Vector META = Vector.v(30);
    private static final Vector EXPONENT = Vector.v(31);

    private final PanelFormat format;
    private final CodeReader codes;
    private final Scales scales;
    private final int groups;
    private final int quads;
    private final int tokens;
    private final Vector[][] sums;
    private final Vector[][] integers;
    private final Vector[] activations;
    private final Assembler a = new Assembler();

    private StreamCode(PanelFormat format, int tokens) {
        this.format = format;
        this.tokens = tokens;
        codes = new CodeReader(format);
        scales = format.scales();
        groups = ActivationRow.UNIT / scales.groupLength();
        quads = tokens == 1 ? 4 : tokens <= 3 ? 2 : 1;
        sums = new Vector[quads][];
        integers = new Vector[quads][];
        for (int q = 0; q < quads; q++) {
            sums[q] = Vector.run(q * tokens, tokens);
            integers[q] = Vector.run(6 + q * tokens, tokens);
        }
        activations = Vector.run(12, tokens);
    }

    static byte[] emit(PanelFormat format, int tokens) {
        return new StreamCode(format, tokens).emit();
    }

    private byte[] emit() {
        int scaleVectors = quads * groups * format.units() * (scales.hasMinimums() ? 2 : 1);
        var frame = new Frame(16 * scaleVectors, PANELS, PASSES, BIAS, MASK, OUTPUT, PASS_RUN, PASS_NARROW, PANEL_BYTES);
        General parameters = General.X5;
        int passes = 4 / quads;
        frame.enter(a);
        codes.constants(a);
        a.load(BIAS, parameters.at(TileTail.BIAS));
        a.load(PANELS, parameters.at(TileTail.COUNT));
        a.load(BLOCKS, parameters.at(TileTail.STEPS));
        a.set(PANEL_BYTES, format.panelBlockBytes());
        a.multiply(PANEL_BYTES, PANEL_BYTES, BLOCKS);
        a.move(OUTPUT, General.X3);
        Label nextPanel = a.here();
        a.load32(MASK, parameters.at(TileTail.MASKS));
        a.add(PASS_RUN, General.X0, format.run());
        a.move(PASS_NARROW, General.X0);
        a.set(PASSES, passes);
        Label nextPass = a.here();
        pass();
        new Tail(parameters, OUTPUT, General.X4, BIAS, MASK, Vector.run(12, 2)).emit(a, sums, Arrays.copyOf(TOKENS, tokens));
        a.add(PASS_RUN, 16 * quads);
        a.add(PASS_NARROW, 4 * quads * format.narrowBytes());
        a.shiftRight(MASK, MASK, 4 * quads);
        a.add(OUTPUT, 16 * quads);
        Label withoutBias = a.label();
        a.jumpIfZero(BIAS, withoutBias);
        a.add(BIAS, 16 * quads);
        a.bind(withoutBias);
        a.subtractAndTest(PASSES, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextPass);
        a.add(General.X0, General.X0, PANEL_BYTES, 0);
        a.subtractAndTest(PANELS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextPanel);
        frame.leave(a);
        return a.toBytes();
    }

    /** All columns of some rows of a panel. */
    private void pass() {
        a.move(RUN, PASS_RUN);
        a.move(NARROW, PASS_NARROW);
        a.move(TOKENS[0], General.X1);
        for (int t = 1; t < tokens; t++) {
            a.add(TOKENS[t], TOKENS[t - 1], General.X2, 0);
        }
        a.load(BLOCKS, General.X5.at(TileTail.STEPS));
        for (Vector[] rows : sums) {
            for (Vector sum : rows) {
                a.zero(sum);
            }
        }
        Label nextBlock = a.here();
        for (int q = 0; q < quads; q++) {
            int quad = q;
            new ScaleReader(format)
                    .read(a, NARROW.at(4 * q * format.narrowBytes()), RUN.at(16 * q), (group, minimum) -> scaleAt(quad, group, minimum));
        }
        for (int unit = 0; unit < format.units(); unit++) {
            prefetch(unit);
            for (int group = 0; group < groups; group++) {
                group(unit, group);
            }
        }
        a.add(RUN, format.panelBlockBytes());
        a.add(NARROW, format.panelBlockBytes());
        for (int t = 0; t < tokens; t++) {
            a.add(TOKENS[t], ActivationRow.RECORD_BYTES * format.units());
        }
        a.subtractAndTest(BLOCKS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, nextBlock);
    }

    private Memory scaleAt(int quad, int group, boolean minimum) {
        return General.SP.at(16 * ((group + (minimum ? groups * format.units() : 0)) * quads + quad));
    }

    private void prefetch(int unit) {
        int bytes = format.panelBlockBytes();
        for (int at = 0; at < bytes; at += 64) {
            if (at * format.units() / bytes == unit) {
                a.prefetch(RUN.at(at + PREFETCH_BYTES));
            }
        }
    }

    private void group(int unit, int group) {
        int record = ActivationRow.RECORD_BYTES * unit;
        start(record, group);
        int quarters = 8 / groups;
        for (int i = 0; i < quarters; i++) {
            int quarter = group * quarters + i;
            if (quarter % 4 == 0) {
                for (int t = 0; t < tokens; t++) {
                    a.load(activations[t], TOKENS[t].at(record + 4 * quarter));
                }
            }
            for (int q = 0; q < quads; q++) {
                Vector weight = Vector.v(18 + q % 2);
                codes.read(a, RUN.at(16 * q), unit, quarter, weight);
                for (int t = 0; t < tokens; t++) {
                    a.lane(Instruction.SDOT_LANE, integers[q][t], weight, activations[t], quarter % 4);
                }
            }
        }
        for (int t = 0; t < tokens; t++) {
            a.load(META, TOKENS[t].at(record + ActivationRow.EXPONENT));
            a.broadcast(EXPONENT, META, 0);
            for (int q = 0; q < quads; q++) {
                a.vector(Instruction.SCVTF, integers[q][t], integers[q][t]);
                a.vector(Instruction.ADD_4S, integers[q][t], integers[q][t], EXPONENT);
            }
        }
        for (int q = 0; q < quads; q++) {
            Vector scale = Vector.v(18 + q % 2);
            a.load(scale, scaleAt(q, unit * groups + group, false));
            for (int t = 0; t < tokens; t++) {
                a.vector(Instruction.FMLA, sums[q][t], integers[q][t], scale);
            }
        }
        if (scales.hasMinimums()) {
            minimums(record, unit, group);
        }
    }

    /** The integer sums begin at minus offset times the sum of the activations, or at zero. */
    private void start(int record, int group) {
        for (int t = 0; t < tokens; t++) {
            if (codes.offset() == 0) {
                for (int q = 0; q < quads; q++) {
                    a.zero(integers[q][t]);
                }
                continue;
            }
            a.load(META, TOKENS[t].at(record + ActivationRow.EXPONENT));
            a.broadcast(integers[0][t], META, negativeSumLane(group, groups));
            if (codes.offsetShift() > 0) {
                a.shift(Instruction.SHL_4S, integers[0][t], integers[0][t], codes.offsetShift());
            }
            for (int q = 1; q < quads; q++) {
                a.move(integers[q][t], integers[0][t]);
            }
        }
    }

    private void minimums(int record, int unit, int group) {
        Instruction product = scales.addsMinimums() ? Instruction.FMLA_LANE : Instruction.FMLS_LANE;
        for (int t = 0; t < tokens; t++) {
            a.load(META, TOKENS[t].at(record + ActivationRow.SCALED_SUM_LOW));
            for (int q = 0; q < quads; q++) {
                Vector minimum = Vector.v(18 + q % 2);
                a.load(minimum, scaleAt(q, unit * groups + group, true));
                a.lane(product, sums[q][t], minimum, META, scaledSumLane(group, groups));
            }
        }
    }

    /** Lane of minus the sum of a group's activations, from {@link ActivationRow#EXPONENT} on. */
    private static int negativeSumLane(int group, int groups) {
        int offset = groups == 1 ? ActivationRow.NEGATIVE_SUM : group == 0 ? ActivationRow.NEGATIVE_SUM_LOW : ActivationRow.NEGATIVE_SUM_HIGH;
        return (offset - ActivationRow.EXPONENT) / 4;
    }

    /** Lane of the scaled sum of a group's activations, from {@link ActivationRow#SCALED_SUM_LOW} on. */
    static int scaledSumLane(int group, int groups) {
        int offset = groups == 1 ? ActivationRow.SCALED_SUM : group == 0 ? ActivationRow.SCALED_SUM_LOW : ActivationRow.SCALED_SUM_HIGH;
        return (offset - ActivationRow.SCALED_SUM_LOW) / 4;
    }
}

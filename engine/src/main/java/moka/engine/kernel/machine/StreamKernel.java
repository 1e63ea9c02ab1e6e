package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Products of panels, as they lie in memory, with one to six rows of activations: decoding, and small batches. One panel after another, so
 * that memory is read in one straight stream; lanes are rows, so there are no sums across lanes.
 *
 * <p>Memory is asked for {@link #PREFETCH_BYTES} ahead. On Zen 5 (November 2026, one thread, GB/s of panels, without and with): Q8_0 35 and 38, Q4_0 34
 * and 40, Q4_K 24 and 38, Q6_K 20 and 35; with four tokens 19 and 37, 24 and 35, 10 and 34, 10 and 34. Distances of 2 and 4 KiB gain half of it, 24 KiB
 * loses again. The processor's own prefetching is thrown off by blocks that are not read from front to back. On Zen 4 prefetching was seen to
 * cost 10 to 30 %, at shorter distances.
 *
 * <p>For each group of columns: integer sums by {@code vpdpbusd} (unsigned codes, signed activations), begun at minus the codes' offset
 * times the activations' sum, so that the offset costs nothing; conversion; exponent of the activations added; one multiply-add with the
 * weights' scale. {@link TileKernel} does the same operations in the same order: the results have the same bits.
 *
 * <p>{@code f(panels, activations, activationStride, output, outputStride, parameters)}; steps are blocks, count is panels.
 */
final class StreamKernel {
    /** How far ahead memory is asked for. */
    static final int PREFETCH_BYTES = 8192;

    private StreamKernel() {}

    static Assembler emit(PanelFormat format, int tokens, boolean windows) {
        var a = new Assembler(true);
        var frame = new Frame(windows, General.RBX, General.RBP, General.R12, General.R13);
        General panel = General.RDI;
        General parameters = General.R9;
        var rows = new RowAddresses(General.R10, General.RBP, General.RDX, tokens);
        var outputs = new RowAddresses(General.RCX, General.R12, General.R8, tokens);
        Vector[] sums = new Vector[tokens];
        Vector[] integers = new Vector[tokens];
        for (int t = 0; t < tokens; t++) {
            sums[t] = Vector.zmm(t);
            integers[t] = Vector.zmm(tokens + t);
        }
        Vector[] weights = {Vector.zmm(12), Vector.zmm(13), Vector.zmm(14), Vector.zmm(15)};
        Codes codes = format.codes();
        Scales scales = format.scales();

        frame.enter(a);
        codes.constants(a);
        scales.constants(a);
        TileTail.loadMasks(a, parameters);
        TileTail.loadBias(a, General.R13, parameters);
        a.load(General.RBX, parameters.at(TileTail.COUNT));
        outputs.start(a, General.RCX);
        Label nextPanel = a.here();
        rows.start(a, General.RSI);
        a.load(General.R11, parameters.at(TileTail.STEPS));
        for (Vector sum : sums) {
            Registers.zero(a, sum);
        }
        a.align(32);
        Label nextBlock = a.here();
        scales.block(a, panel, 0, format.run());
        for (int unit = 0; unit < format.units(); unit++) {
            prefetch(a, panel, format, unit);
            int record = ActivationRow.RECORD_BYTES * unit;
            int groups = ActivationRow.UNIT / scales.groupLength();
            for (int group = 0; group < groups; group++) {
                start(a, format, rows, integers, record, group, groups);
                int quarters = 8 / groups;
                for (int i = 0; i < quarters; i++) {
                    int quarter = group * quarters + i;
                    Vector weight = weights[quarter % weights.length];
                    codes.emit(a, panel, format.run(), unit, quarter, weight);
                    for (int t = 0; t < tokens; t++) {
                        a.vector(Instruction.VPDPBUSD, integers[t], weight, rows.at(t, record + 4 * quarter).broadcasting());
                    }
                }
                for (int t = 0; t < tokens; t++) {
                    a.vector(Instruction.VCVTDQ2PS, integers[t], integers[t]);
                    a.vector(Instruction.VPADDD, integers[t], integers[t], rows.at(t, record + ActivationRow.EXPONENT).broadcasting());
                }
                Vector scale = scales.scale(a, panel, format.run(), unit * groups + group);
                for (int t = 0; t < tokens; t++) {
                    a.vector(Instruction.VFMADD231PS, sums[t], integers[t], scale);
                }
                if (scales.hasMinimums()) {
                    Vector minimum = scales.minimum(a, panel, format.run(), unit * groups + group);
                    for (int t = 0; t < tokens; t++) {
                        a.vector(minimumInstruction(scales), sums[t], minimum, rows.at(t, record + scaledSum(group, groups)).broadcasting());
                    }
                }
            }
        }
        a.add(panel, format.panelBlockBytes());
        rows.advance(a, ActivationRow.RECORD_BYTES * format.units());
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, nextBlock);

        TileTail.emit(a, new Vector[][] {sums}, rows, outputs, General.R13, parameters, weights);
        outputs.advance(a, 4 * PanelFormat.ROWS);
        Label last = a.label();
        a.subtract(General.RBX, 1);
        a.jump(Condition.EQUAL, last);
        a.test(General.R13, General.R13);
        a.jump(Condition.EQUAL, nextPanel);
        a.add(General.R13, 4 * PanelFormat.ROWS);
        a.jump(nextPanel);
        a.bind(last);
        frame.leave(a);
        return a;
    }

    /** Asks for as many lines as the unit has. */
    static void prefetch(Assembler a, General panel, PanelFormat format, int unit) {
        int bytes = format.panelBlockBytes();
        for (int at = 0; at < bytes; at += 64) {
            if (at * format.units() / bytes == unit) {
                a.prefetch(panel.at(at + PREFETCH_BYTES));
            }
        }
    }

    /** The integer sums begin at minus offset times sum of activations, or at zero. */
    static void start(Assembler a, PanelFormat format, RowAddresses rows, Vector[] integers, int record, int group, int groups) {
        for (int t = 0; t < integers.length; t++) {
            if (format.offsetShift() < 0) {
                Registers.zero(a, integers[t]);
            } else {
                a.vector(Instruction.VPSLLD, integers[t], rows.at(t, record + negativeSum(group, groups)).broadcasting(), format.offsetShift());
            }
        }
    }

    static Instruction minimumInstruction(Scales scales) {
        return scales.addsMinimums() ? Instruction.VFMADD231PS : Instruction.VFNMADD231PS;
    }

    static int negativeSum(int group, int groups) {
        return groups == 1 ? ActivationRow.NEGATIVE_SUM : group == 0 ? ActivationRow.NEGATIVE_SUM_LOW : ActivationRow.NEGATIVE_SUM_HIGH;
    }

    static int scaledSum(int group, int groups) {
        return groups == 1 ? ActivationRow.SCALED_SUM : group == 0 ? ActivationRow.SCALED_SUM_LOW : ActivationRow.SCALED_SUM_HIGH;
    }
}

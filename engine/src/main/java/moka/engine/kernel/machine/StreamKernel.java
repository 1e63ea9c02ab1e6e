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
 * <p>For each group of columns: integer sums ({@link ByteProducts}); conversion; exponent of the activations added; one multiply-add with the
 * weights' scale. {@link TileKernel} does the same operations in the same order: the results have the same bits.
 *
 * <p>{@code f(panels, activations, activationStride, output, outputStride, parameters)}; steps are blocks, count is panels.
 */
final class StreamKernel {
    /** How far ahead memory is asked for. */
    static final int PREFETCH_BYTES = 8192;

    private StreamKernel() {}

    static Assembler emit(ByteProducts products, int tokens, Target target) {
        PanelFormat format = products.format();
        var a = target.assembler();
        var frame = new Frame(target, General.RBX, General.RBP, General.R12, General.R13);
        General panel = General.RDI;
        General parameters = General.R9;
        var rows = new RowAddresses(General.R10, General.RBP, General.RDX, tokens);
        var outputs = new RowAddresses(General.RCX, General.R12, General.R8, tokens);
        int parts = target.parts();
        Vector[][] sums = new Vector[parts][tokens];
        Vector[] integers = new Vector[tokens];
        Vector[] pairs = new Vector[tokens];
        for (int t = 0; t < tokens; t++) {
            for (int part = 0; part < parts; part++) {
                sums[part][t] = Vector.zmm(part * tokens + t);
            }
            integers[t] = Vector.zmm(parts * tokens + t);
            pairs[t] = products.widensOften() ? Vector.zmm((parts + 1) * tokens + t) : integers[t];
            a.assign(integers[t], pairs[t], sums[0][t], sums[parts - 1][t]);
        }
        Vector[] weights = {Vector.zmm(12), Vector.zmm(13), Vector.zmm(14), Vector.zmm(15)};
        Codes codes = format.codes();
        var scales = new ScaleReader(format.scales());
        a.assign(weights[0], ScaleReader.RESULT);
        if (products.run() > 0) {
            a.assign(weights[2]);
        }
        if (tokens == 1) {
            codes.assign(a);
        }

        frame.enter(a);
        codes.constants(a);
        scales.constants(a);
        products.constants(a, weights[3]);
        TileTail.loadMasks(a, parameters);
        TileTail.loadBias(a, General.R13, parameters);
        a.load(General.RBX, parameters.at(TileTail.COUNT));
        outputs.start(a, General.RCX);
        Label nextPanel = a.here();
        rows.start(a, General.RSI);
        a.load(General.R11, parameters.at(TileTail.STEPS));
        for (Vector[] some : sums) {
            for (Vector sum : some) {
                Registers.zero(a, sum);
            }
        }
        a.align(32);
        Label nextBlock = a.here();
        for (int part = 0; part < parts; part++) {
            int run = format.run(part, parts);
            scales.block(a, panel, format.narrow(part, parts), run);
            for (int unit = 0; unit < format.units(); unit++) {
                if (part == 0) {
                    prefetch(a, panel, format, unit);
                }
                unit(a, products, unit, panel, run, rows, sums[part], integers, pairs, weights);
            }
        }
        a.add(panel, format.panelBlockBytes());
        rows.advance(a, ActivationRow.RECORD_BYTES * format.units());
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, nextBlock);

        TileTail.emit(a, sums, rows, outputs, General.R13, parameters, new Vector[] {weights[0]});
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

    /** Adds a unit of one part of a panel. */
    private static void unit(
            Assembler a,
            ByteProducts products,
            int unit,
            General panel,
            int run,
            RowAddresses rows,
            Vector[] sums,
            Vector[] integers,
            Vector[] pairs,
            Vector[] weights) {
        PanelFormat format = products.format();
        Scales scales = format.scales();
        var reader = new ScaleReader(scales);
        int tokens = sums.length;
        int record = ActivationRow.RECORD_BYTES * unit;
        int groups = ActivationRow.UNIT / scales.groupLength();
        for (int group = 0; group < groups; group++) {
            products.begin(a, rows, integers, record, group, groups);
            int quarters = 8 / groups;
            for (int i = 0; i < quarters; i++) {
                int quarter = group * quarters + i;
                if (products.run() == 0) {
                    Vector weight = weights[a.level().evex() ? quarter % weights.length : 0];
                    format.codes().emit(a, panel, run, unit, quarter, weight);
                    for (int t = 0; t < tokens; t++) {
                        a.vector(Instruction.VPDPBUSD, integers[t], weight, rows.at(t, record + 4 * quarter).broadcasting());
                    }
                    continue;
                }
                format.codes().emit(a, panel, run, unit, quarter, weights[0]);
                products.prepare(a, weights[0], weights[1]);
                for (int t = 0; t < tokens; t++) {
                    a.vector(Instruction.VPBROADCASTD, weights[2], rows.at(t, record + 4 * quarter));
                    products.multiply(a, i, integers[t], pairs[t], weights[0], weights[1], weights[2], weights[3]);
                }
            }
            for (int t = 0; t < tokens; t++) {
                products.end(a, rows.at(t, record + ByteProducts.negativeSum(group, groups)), new Vector[] {integers[t]}, weights[2]);
                a.vector(Instruction.VCVTDQ2PS, integers[t], integers[t]);
                a.vector(Instruction.VPADDD, integers[t], integers[t], rows.at(t, record + ActivationRow.EXPONENT).broadcasting());
            }
            Vector scale = reader.scale(a, panel, run, unit * groups + group);
            for (int t = 0; t < tokens; t++) {
                a.vector(Instruction.VFMADD231PS, sums[t], integers[t], scale);
            }
            if (scales.hasMinimums()) {
                Vector minimum = reader.minimum(a, panel, run, unit * groups + group);
                for (int t = 0; t < tokens; t++) {
                    a.vector(minimumInstruction(scales), sums[t], minimum, rows.at(t, record + scaledSum(group, groups)).broadcasting());
                }
            }
        }
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

    static Instruction minimumInstruction(Scales scales) {
        return scales.addsMinimums() ? Instruction.VFMADD231PS : Instruction.VFNMADD231PS;
    }

    static int scaledSum(int group, int groups) {
        return groups == 1 ? ActivationRow.SCALED_SUM : group == 0 ? ActivationRow.SCALED_SUM_LOW : ActivationRow.SCALED_SUM_HIGH;
    }
}

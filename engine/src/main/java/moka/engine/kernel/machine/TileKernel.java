package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Products of unpacked panels ({@link UnpackKernel}), one or two at once, with up to six rows of activations at once: prefill. A tile of
 * 2 × 6 has 12 integer and 12 float sums in registers; a step of 4 columns loads 2 vectors of weights and 6 broadcasts for 12
 * {@code vpdpbusd}. Of what competes for the two multipliers, 8 of 9 operations are {@code vpdpbusd}: 89 % of the peak is the bound (the
 * activations' scale is an integer addition on the exponent; as a multiplication it would be 80 %). Measured with data in the first-level
 * cache on Zen 5: 2 × 6 and 3 × 4 89 %, 2 × 4 85 %, 1 × 12 76 % (broadcasts do not fit in registers).
 *
 * <p>{@code f(records, activations, activationStride, output, outputStride, parameters)}; steps are units, count is tiles of tokens.
 */
final class TileKernel {
    private TileKernel() {}

    static Assembler emit(PanelFormat format, int panels, int tokens, boolean windows) {
        var a = new Assembler(true);
        var frame = new Frame(windows, General.RBX, General.RBP, General.R12, General.R13);
        General record = General.RAX;
        General parameters = General.R9;
        var rows = new RowAddresses(General.R10, General.RBP, General.RDX, tokens);
        var outputs = new RowAddresses(General.RCX, General.R12, General.R8, tokens);
        Vector[][] sums = new Vector[panels][tokens];
        Vector[][] integers = new Vector[panels][tokens];
        for (int p = 0; p < panels; p++) {
            for (int t = 0; t < tokens; t++) {
                integers[p][t] = Vector.zmm(p * tokens + t);
                sums[p][t] = Vector.zmm((panels + p) * tokens + t);
            }
        }
        Vector[] weights = {Vector.zmm(24), Vector.zmm(25)};
        Scales scales = format.scales();
        int groups = ActivationRow.UNIT / scales.groupLength();

        frame.enter(a);
        TileTail.loadMasks(a, parameters);
        TileTail.loadBias(a, General.R13, parameters);
        a.load(General.RBX, parameters.at(TileTail.COUNT));
        Label nextTile = a.here();
        rows.start(a, General.RSI);
        outputs.start(a, General.RCX);
        a.move(record, General.RDI);
        a.load(General.R11, parameters.at(TileTail.STEPS));
        for (Vector[] panel : sums) {
            for (Vector sum : panel) {
                Registers.zero(a, sum);
            }
        }
        a.align(32);
        Label nextUnit = a.here();
        for (int group = 0; group < groups; group++) {
            group(a, format, group, groups, record, rows, integers, sums, weights);
        }
        a.add(record, panels * format.recordBytes());
        rows.advance(a, ActivationRow.RECORD_BYTES);
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, nextUnit);

        TileTail.emit(a, sums, rows, outputs, General.R13, parameters, weights);
        // The next tile's rows: tokens strides further.
        for (int t = 0; t < tokens; t++) {
            a.add(General.RSI, General.RDX);
            a.add(General.RCX, General.R8);
        }
        a.subtract(General.RBX, 1);
        a.jump(Condition.NOT_EQUAL, nextTile);
        frame.leave(a);
        return a;
    }

    private static void group(
            Assembler a,
            PanelFormat format,
            int group,
            int groups,
            General record,
            RowAddresses rows,
            Vector[][] integers,
            Vector[][] sums,
            Vector[] weights) {
        int panels = integers.length;
        int tokens = integers[0].length;
        Scales scales = format.scales();
        int bytes = format.recordBytes();
        StreamKernel.start(a, format, rows, integers[0], 0, group, groups);
        for (int p = 1; p < panels; p++) {
            for (int t = 0; t < tokens; t++) {
                a.vector(Instruction.VMOVDQU32, integers[p][t], integers[0][t]);
            }
        }
        int quarters = 8 / groups;
        for (int i = 0; i < quarters; i++) {
            int quarter = group * quarters + i;
            for (int p = 0; p < panels; p++) {
                a.vector(Instruction.VMOVDQU32, weights[p], record.at(p * bytes + 64 * quarter));
            }
            for (int t = 0; t < tokens; t++) {
                var activation = rows.at(t, 4 * quarter);
                if (panels == 1) {
                    a.vector(Instruction.VPDPBUSD, integers[0][t], weights[0], activation.broadcasting());
                } else {
                    Vector broadcast = Vector.zmm(26 + t % 6);
                    a.vector(Instruction.VPBROADCASTD, broadcast, activation);
                    for (int p = 0; p < panels; p++) {
                        a.vector(Instruction.VPDPBUSD, integers[p][t], weights[p], broadcast);
                    }
                }
            }
        }
        for (int p = 0; p < panels; p++) {
            a.vector(Instruction.VMOVUPS, weights[p], record.at(p * bytes + 512 + 64 * group));
        }
        for (int t = 0; t < tokens; t++) {
            Vector exponent = Vector.zmm(26 + t % 6);
            a.vector(Instruction.VPBROADCASTD, exponent, rows.at(t, ActivationRow.EXPONENT));
            for (int p = 0; p < panels; p++) {
                a.vector(Instruction.VCVTDQ2PS, integers[p][t], integers[p][t]);
                a.vector(Instruction.VPADDD, integers[p][t], integers[p][t], exponent);
                a.vector(Instruction.VFMADD231PS, sums[p][t], integers[p][t], weights[p]);
            }
        }
        if (scales.hasMinimums()) {
            for (int p = 0; p < panels; p++) {
                a.vector(Instruction.VMOVUPS, weights[p], record.at(p * bytes + 512 + 64 * (groups + group)));
            }
            for (int t = 0; t < tokens; t++) {
                Vector sum = Vector.zmm(26 + t % 6);
                a.vector(Instruction.VBROADCASTSS, sum, rows.at(t, StreamKernel.scaledSum(group, groups)));
                for (int p = 0; p < panels; p++) {
                    a.vector(StreamKernel.minimumInstruction(scales), sums[p][t], weights[p], sum);
                }
            }
        }
    }
}

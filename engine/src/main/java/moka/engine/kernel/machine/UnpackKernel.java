package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Turns a panel into records for {@link TileKernel}, to be kept in the second-level cache. A record is one unit of 32 columns of 16 rows:
 *
 * <pre>
 *   8 vectors   codes: byte 4r + j of vector q = row r, column 4q + j, unsigned, or signed where products want that ({@link ByteProducts})
 *   1 or 2      float32 scales of each group
 *   0, 1 or 2   float32 minimums of each group
 * </pre>
 *
 * <p>{@code f(panel, record, recordStride, blocks, -, -)}.
 */
final class UnpackKernel {
    private UnpackKernel() {}

    static Assembler emit(ByteProducts products, Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        PanelFormat format = products.format();
        Codes codes = format.codes();
        var scales = new ScaleReader(format.scales());
        int parts = target.parts();
        codes.assign(a);
        frame.enter(a);
        codes.constants(a);
        scales.constants(a);
        Label nextBlock = a.here();
        if (parts > 1) {
            a.move(General.R10, General.RSI);
        }
        for (int part = 0; part < parts; part++) {
            int run = format.run(part, parts);
            if (part > 0) {
                a.move(General.RSI, General.R10);
            }
            scales.block(a, General.RDI, format.narrow(part, parts), run);
            for (int unit = 0; unit < format.units(); unit++) {
                if (part == 0) {
                    StreamKernel.prefetch(a, General.RDI, format, unit);
                }
                unit(a, format, unit, run, 64 / parts * part);
                a.add(General.RSI, General.RDX);
            }
        }
        a.add(General.RDI, format.panelBlockBytes());
        a.subtract(General.RCX, 1);
        a.jump(Condition.NOT_EQUAL, nextBlock);
        frame.leave(a);
        return a;
    }

    /** One unit of one part of the rows to the record. */
    private static void unit(Assembler a, PanelFormat format, int unit, int run, int offset) {
        Scales scales = format.scales();
        var reader = new ScaleReader(scales);
        int groups = ActivationRow.UNIT / scales.groupLength();
        for (int quarter = 0; quarter < 8; quarter++) {
            Vector weight = Vector.zmm(a.level().evex() ? quarter : 0);
            format.codes().emit(a, General.RDI, run, unit, quarter, weight);
            a.store(Instruction.VMOVDQU32, General.RSI.at(64 * quarter + offset), weight);
        }
        for (int group = 0; group < groups; group++) {
            Vector scale = reader.scale(a, General.RDI, run, unit * groups + group);
            a.store(Instruction.VMOVUPS, General.RSI.at(512 + 64 * group + offset), scale);
            if (scales.hasMinimums()) {
                Vector minimum = reader.minimum(a, General.RDI, run, unit * groups + group);
                a.store(Instruction.VMOVUPS, General.RSI.at(512 + 64 * (groups + group) + offset), minimum);
            }
        }
    }
}

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
 *   8 vectors   codes: byte 4r + j of vector q = row r, column 4q + j, unsigned
 *   1 or 2      float32 scales of each group
 *   0, 1 or 2   float32 minimums of each group
 * </pre>
 *
 * <p>{@code f(panel, record, recordStride, blocks, -, -)}.
 */
final class UnpackKernel {
    private UnpackKernel() {}

    static Assembler emit(PanelFormat format, boolean windows) {
        var a = new Assembler(true);
        var frame = new Frame(windows);
        Codes codes = format.codes();
        Scales scales = format.scales();
        int groups = ActivationRow.UNIT / scales.groupLength();
        frame.enter(a);
        codes.constants(a);
        scales.constants(a);
        Label nextBlock = a.here();
        scales.block(a, General.RDI, 0, format.run());
        for (int unit = 0; unit < format.units(); unit++) {
            StreamKernel.prefetch(a, General.RDI, format, unit);
            for (int quarter = 0; quarter < 8; quarter++) {
                Vector weight = Vector.zmm(quarter);
                codes.emit(a, General.RDI, format.run(), unit, quarter, weight);
                a.store(Instruction.VMOVDQU32, General.RSI.at(64 * quarter), weight);
            }
            for (int group = 0; group < groups; group++) {
                Vector scale = scales.scale(a, General.RDI, format.run(), unit * groups + group);
                a.store(Instruction.VMOVUPS, General.RSI.at(512 + 64 * group), scale);
                if (scales.hasMinimums()) {
                    Vector minimum = scales.minimum(a, General.RDI, format.run(), unit * groups + group);
                    a.store(Instruction.VMOVUPS, General.RSI.at(512 + 64 * (groups + group)), minimum);
                }
            }
            a.add(General.RSI, General.RDX);
        }
        a.add(General.RDI, format.panelBlockBytes());
        a.subtract(General.RCX, 1);
        a.jump(Condition.NOT_EQUAL, nextBlock);
        frame.leave(a);
        return a;
    }
}

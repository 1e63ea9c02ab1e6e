package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Products of 8-bit integers on registers alone, which is the most that any kernel can reach: eight sums, so that none waits for itself.
 * {@code f(-, -, rounds, -, -, -)} gives how many products were computed.
 */
final class ProductRateKernel {
    private static final int SUMS = 8;
    private static final int UNROLLED = 2 * SUMS;

    private ProductRateKernel() {}

    static Assembler emit(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        Vector weights = Vector.zmm(SUMS);
        Vector activations = Vector.zmm(SUMS + 1);
        Vector pairs = Vector.zmm(SUMS + 2);
        frame.enter(a);
        for (int i = 0; i <= SUMS + 2; i++) {
            Registers.zero(a, Vector.zmm(i));
        }
        a.set(General.RAX, 0);
        a.align(32);
        Label next = a.here();
        for (int i = 0; i < UNROLLED; i++) {
            Vector sum = Vector.zmm(i % SUMS);
            if (target.level().byteProducts()) {
                a.vector(Instruction.VPDPBUSD, sum, weights, activations);
            } else {
                a.vector(Instruction.VPMADDUBSW, pairs, weights, activations);
                a.vector(Instruction.VPADDW, sum, sum, pairs);
            }
        }
        a.add(General.RAX, UNROLLED * 4 * target.level().lanes());
        a.subtract(General.RDX, 1);
        a.jump(Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a;
    }
}

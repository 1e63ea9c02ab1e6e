package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * The state of Mamba, {@link moka.engine.kernel.StatePlan.Channels}: {@code S = 2^(log2(e) step A) S + step B x}, {@code y = C S + D x}; y takes the place of x. Some
 * columns of a panel, token by token; the panel stays in the first cache. The first token reads the state from where it was and writes it where it will
 * be, the next ones stay there.
 *
 * <p>A value and token takes nine multiplications, fused with additions where they can be, and five other operations: a vector of 16 with two
 * units 5 cycles.
 */
final class ChannelsCode extends TokenLoop {
    /** Of which the rows are asked for: 1, 2, 4 or 8. */
    private static final int TOKENS_AHEAD = 4;

    /** @param width columns of a panel: 16 or 32 */
    private ChannelsCode(Target target, int width) {
        super(target, width, TOKENS_AHEAD);
    }

    /** {@code f(parameters, -, -, -, -, -)}: {@link StateParameter}, a call for {@link #columns} of a panel. @param width columns of a panel: 16 or 32 */
    static Assembler emit(Target target, int width) {
        return new ChannelsCode(target, width).emit();
    }

    private Assembler emit() {
        // Registers 3 and 4 and from 16 on are those of the power.
        Vector[] sums = run(0, vectors);
        Vector[] x = run(5, vectors);
        Vector[] steps = run(7, vectors); // times log2 e
        Vector into = Vector.zmm(9);
        Vector out = Vector.zmm(10);
        Vector state = Vector.zmm(11);
        Vector log2E = Vector.zmm(12);
        enter();
        Exponential.powerOfTwoConstants(a);
        Registers.broadcast(a, log2E, ExponentialConstants.log2E());
        Label nextToken = a.here();
        ahead(VALUES, StateParameter.VALUES_STRIDE, 4 * width);
        ahead(STEP, StateParameter.STEP_STRIDE, 4 * width);
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VMOVUPS, steps[v], STEP.at(v * vectorBytes));
            a.vector(Instruction.VMULPS, x[v], steps[v], VALUES.at(v * vectorBytes));
            a.vector(Instruction.VMULPS, steps[v], steps[v], log2E);
        }
        zero(sums);
        a.move(General.RAX, KEPT);
        a.set(ROW, 0);
        a.move(FROM, SOURCE);
        a.move(TO, TARGET);
        Label nextRow = a.here();
        a.vector(Instruction.VBROADCASTSS, into, INTO.at(ROW, 4, 0));
        a.vector(Instruction.VBROADCASTSS, out, OUT.at(ROW, 4, 0));
        for (int v = 0; v < vectors; v++) {
            int at = v * vectorBytes;
            a.vector(Instruction.VMULPS, state, steps[v], General.RAX.at(at));
            Exponential.powerOfTwo(a, state);
            a.vector(Instruction.VMULPS, state, state, FROM.at(at));
            a.vector(Instruction.VFMADD231PS, state, into, x[v]);
            a.store(Instruction.VMOVUPS, TO.at(at), state);
            a.vector(Instruction.VFMADD231PS, sums[v], out, state);
        }
        a.add(General.RAX, 4 * width);
        a.add(FROM, 4 * width);
        a.add(TO, 4 * width);
        a.add(ROW, 1);
        a.compare(ROW, ROWS);
        a.jump(Condition.LESS, nextRow);
        a.load(General.RAX, parameter(StateParameter.SKIP));
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VMOVUPS, into, VALUES.at(v * vectorBytes));
            a.vector(Instruction.VFMADD231PS, sums[v], into, General.RAX.at(v * vectorBytes));
            a.store(Instruction.VMOVUPS, VALUES.at(v * vectorBytes), sums[v]);
        }
        return end(nextToken);
    }
}

package moka.engine.kernel.machine;

import java.util.function.IntConsumer;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * The state of Mamba-2, {@link moka.engine.kernel.StatePlan.Heads}: {@code S = kept S + step B x}, {@code y = C S + D x}. Some columns of a panel, token by token; the
 * panel stays in the first cache; sums run in two lanes of rows, so that additions need not wait for each other. The first token reads the state from
 * where it was and writes it where it will be, the next ones stay there.
 *
 * <p>A value and token takes 3 multiplications, fused with additions where they can be: a vector of 16 with two units 1.5 cycles. Eight rows in
 * registers for all tokens save loads and stores, and take longer: rows of tokens are read once for each eight.
 */
final class HeadsCode extends TokenLoop {
    /** Of which the rows are asked for: 1, 2, 4 or 8. */
    private static final int TOKENS_AHEAD = 2;

    /** @param width columns of a panel: 16 or 32 */
    private HeadsCode(Target target, int width) {
        super(target, width, TOKENS_AHEAD);
    }

    /** {@code f(parameters, -, -, -, -, -)}: {@link StateParameter}, a call for {@link #columns} of a panel. @param width columns of a panel: 16 or 32 */
    static Assembler emit(Target target, int width) {
        return new HeadsCode(target, width).emit();
    }

    private Assembler emit() {
        Vector[] sums = run(0, 2 * vectors); // of even and of odd rows
        Vector[] x = run(4, vectors);
        Vector kept = Vector.zmm(6);
        Vector into = Vector.zmm(7);
        Vector out = Vector.zmm(8);
        Vector state = Vector.zmm(9);
        Vector other = Vector.zmm(10);
        enter();
        Label nextToken = a.here();
        ahead(VALUES, StateParameter.VALUES_STRIDE, 4 * width);
        ahead(RESULT, StateParameter.RESULT_STRIDE, 4 * width);
        a.vector(Instruction.VBROADCASTSS, kept, KEPT.at(0));
        a.vector(Instruction.VBROADCASTSS, into, STEP.at(0));
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VMULPS, x[v], into, VALUES.at(v * vectorBytes));
        }
        zero(sums);
        eachRow(2, row -> {
            a.vector(Instruction.VBROADCASTSS, into, INTO.at(ROW, 4, 4 * row));
            a.vector(Instruction.VBROADCASTSS, out, OUT.at(ROW, 4, 4 * row));
            for (int v = 0; v < vectors; v++) {
                Vector s = v == 0 ? state : other;
                a.vector(Instruction.VMULPS, s, kept, FROM.at(at(row, v)));
                a.vector(Instruction.VFMADD231PS, s, into, x[v]);
                a.store(Instruction.VMOVUPS, TO.at(at(row, v)), s);
                a.vector(Instruction.VFMADD231PS, sums[row * vectors + v], out, s);
            }
        });
        a.load(General.RAX, parameter(StateParameter.SKIP));
        a.vector(Instruction.VBROADCASTSS, into, General.RAX.at(0));
        for (int v = 0; v < vectors; v++) {
            a.vector(Instruction.VADDPS, sums[v], sums[v], sums[vectors + v]);
            a.vector(Instruction.VFMADD231PS, sums[v], into, VALUES.at(v * vectorBytes));
            a.store(Instruction.VMOVUPS, RESULT.at(v * vectorBytes), sums[v]);
        }
        advance(KEPT, StateParameter.KEPT_STRIDE);
        return end(nextToken);
    }

    /** Runs over all rows, some at a time. */
    private void eachRow(int count, IntConsumer body) {
        a.set(ROW, 0);
        a.move(FROM, SOURCE);
        a.move(TO, TARGET);
        Label next = a.here();
        for (int row = 0; row < count; row++) {
            body.accept(row);
        }
        a.add(FROM, count * 4 * width);
        a.add(TO, count * 4 * width);
        a.add(ROW, count);
        a.compare(ROW, ROWS);
        a.jump(Condition.LESS, next);
    }
}

package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/** What comes before a state's change, row by row: the convolution over time, and how much of a state is kept. 16 columns at a time. */
final class StateRowCode {
    /** Most inputs of a channel that {@link #convolve} takes. */
    static final int MOST_INPUTS = 4;

    private static final General[] ROWS = {General.R8, General.R9, General.R10, General.R11};

    private StateRowCode() {}

    /**
     * {@code f(inputs, weights, output, vectors, -, -)}: the addresses of {@code length} rows; weights {@code [vectors][1 + length][16]}, the bias first.
     *
     * @param length inputs of a channel, up to {@link #MOST_INPUTS}
     */
    static Assembler convolve(int length, boolean silu, Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        Vector sum = Vector.zmm(0);
        Vector result = Vector.zmm(1);
        Vector value = Vector.zmm(2);
        Vector one = Vector.zmm(8);
        if (silu) {
            Exponential.constants(a);
            Registers.broadcast(a, one, 1f);
        }
        for (int j = 0; j < length; j++) {
            a.load(ROWS[j], General.RDI.at(8 * j));
        }
        a.set(General.RAX, 0);
        Label next = a.here();
        for (int part = 0; part < target.parts(); part++) {
            int at = 4 * a.level().lanes() * part;
            a.vector(Instruction.VMOVUPS, sum, General.RSI.at(at));
            for (int j = 0; j < length; j++) {
                a.vector(Instruction.VMOVUPS, value, General.RSI.at(64 * (j + 1) + at));
                a.vector(Instruction.VFMADD231PS, sum, value, ROWS[j].at(General.RAX, 1, at));
            }
            if (silu) {
                Registers.zero(a, result);
                a.vector(Instruction.VSUBPS, result, result, sum);
                Exponential.emit(a, result);
                a.vector(Instruction.VADDPS, result, result, one);
                a.vector(Instruction.VDIVPS, sum, sum, result);
            }
            a.store(Instruction.VMOVUPS, General.RDX.at(General.RAX, 1, at), sum);
        }
        a.add(General.RSI, 64 * (length + 1));
        a.add(General.RAX, 64);
        a.subtract(General.RCX, 1);
        a.jump(Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a;
    }

    /**
     * {@code f(x, bias, rate, step, kept, vectors)}: {@code step = ln(1 + e^(x + bias))}, {@code kept = e^(step * rate)}. The logarithm is that of {@code 1 + z}
     * with {@code z = e^-|x|}, {@code 2 artanh(s)} with {@code s = z / (2 + z)}, at most 1/3: its series up to the 15th power.
     *
     * @param withKept otherwise the step alone: {@code rate} and {@code kept} are not touched
     */
    static Assembler discretize(boolean withKept, Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        Vector x = Vector.zmm(0);
        Vector z = Vector.zmm(1);
        Vector square = Vector.zmm(2);
        Vector series = Vector.zmm(5);
        Vector zero = Vector.zmm(6);
        Vector two = Vector.zmm(7);
        Exponential.constants(a);
        Registers.broadcast(a, two, 2f);
        Registers.zero(a, zero);
        Vector[] terms = new Vector[8];
        for (int i = 0; i < terms.length; i++) {
            terms[i] = Vector.zmm(8 + i);
            Registers.broadcast(a, terms[i], 1f / (15 - 2 * i));
        }
        Label next = a.here();
        for (int part = 0; part < target.parts(); part++) {
            int at = 4 * a.level().lanes() * part;
            a.vector(Instruction.VMOVUPS, x, General.RDI.at(at));
            a.vector(Instruction.VADDPS, x, x, General.RSI.at(at));
            // -|x| = min(x, -x)
            a.vector(Instruction.VSUBPS, z, zero, x);
            a.vector(Instruction.VMINPS, z, z, x);
            a.vector(Instruction.VMAXPS, x, x, zero);
            Exponential.emit(a, z);
            a.vector(Instruction.VADDPS, square, z, two);
            a.vector(Instruction.VDIVPS, z, z, square);
            a.vector(Instruction.VMULPS, square, z, z);
            a.vector(Instruction.VMOVUPS, series, terms[0]);
            for (int i = 1; i < terms.length; i++) {
                a.vector(Instruction.VFMADD213PS, series, square, terms[i]);
            }
            a.vector(Instruction.VMULPS, series, series, z);
            a.vector(Instruction.VFMADD231PS, x, series, two);
            a.store(Instruction.VMOVUPS, General.RCX.at(at), x);
            if (withKept) {
                a.vector(Instruction.VMULPS, z, x, General.RDX.at(at));
                Exponential.emit(a, z);
                a.store(Instruction.VMOVUPS, General.R8.at(at), z);
            }
        }
        for (General pointer : new General[] {General.RDI, General.RSI, General.RDX, General.RCX, General.R8}) {
            a.add(pointer, 64);
        }
        a.subtract(General.R9, 1);
        a.jump(Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a;
    }
}

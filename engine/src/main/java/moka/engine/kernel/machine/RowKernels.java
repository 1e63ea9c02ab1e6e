package moka.engine.kernel.machine;

import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Mask;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Operations on one row of float32, element by element: RMS norm and the gates of a feed-forward. Rows have any length: whole vectors, then a
 * masked one.
 */
final class RowKernels {
    private static final General A = General.RDI;
    private static final General B = General.RSI;
    private static final General OUT = General.RDX;
    private static final General VECTORS = General.RCX;
    private static final General TAIL = General.R8;
    private static final General PARAMETERS = General.R9;

    private RowKernels() {}

    /**
     * {@code f(x, weight, output, vectors, tailMask, parameters)} with float32 parameters {@code epsilon, 1 / length}:
     * {@code output = x / sqrt(mean(x²) + epsilon) * weight}.
     */
    static Assembler rmsNorm(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        Vector value = Vector.zmm(4);
        Vector[] sums = Registers.parts(a, 0);
        Vector sum = sums[0];
        for (Vector part : sums) {
            Registers.zero(a, part);
        }
        a.moveMask(Mask.K1, TAIL);
        a.move(General.R10, A);
        loop(a, (part, masked) -> {
            load(a, value, A, part, masked);
            a.vector(Instruction.VFMADD231PS, sums[part], value, value);
        }, false);
        a.move(A, General.R10);
        Registers.reduce(a, Instruction.VADDPS, sums, value);
        Vector scale = Vector.zmm(2);
        a.vector(Instruction.VBROADCASTSS, scale, PARAMETERS.at(4));
        a.vector(Instruction.VMULPS, sum, sum, scale);
        a.vector(Instruction.VBROADCASTSS, scale, PARAMETERS.at(0));
        a.vector(Instruction.VADDPS, sum, sum, scale);
        a.vector(Instruction.VSQRTPS, sum, sum);
        Registers.broadcast(a, scale, 1f);
        a.vector(Instruction.VDIVPS, scale, scale, sum);
        loop(a, (part, masked) -> {
            load(a, value, A, part, masked);
            a.vector(Instruction.VMULPS, value, value, scale);
            load(a, Vector.zmm(3), B, part, masked);
            a.vector(Instruction.VMULPS, value, value, Vector.zmm(3));
            store(a, value, part, masked);
        }, true);
        frame.leave(a);
        return a;
    }

    /**
     * {@code f(x, weight, output, vectors, bias, parameters)} with float32 parameters {@code epsilon, 1 / length}, rows of whole vectors:
     * {@code output = (x - mean) / sqrt(variance + epsilon) * weight + bias}.
     */
    static Assembler layerNorm(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        Vector value = Vector.zmm(4);
        Vector factor = Vector.zmm(5);
        Vector mean = Vector.zmm(6);
        Vector scale = Vector.zmm(7);
        Vector[] sums = Registers.parts(a, 0);
        Vector sum = sums[0];
        for (Vector part : sums) {
            Registers.zero(a, part);
        }
        eachVector(a, (part, at) -> a.vector(Instruction.VADDPS, sums[part], sums[part], A.at(General.RAX, 1, at)));
        Registers.reduce(a, Instruction.VADDPS, sums, value);
        a.vector(Instruction.VBROADCASTSS, factor, PARAMETERS.at(4));
        a.vector(Instruction.VMULPS, mean, sum, factor);
        for (Vector part : sums) {
            Registers.zero(a, part);
        }
        eachVector(a, (part, at) -> {
            a.vector(Instruction.VMOVUPS, value, A.at(General.RAX, 1, at));
            a.vector(Instruction.VSUBPS, value, value, mean);
            a.vector(Instruction.VFMADD231PS, sums[part], value, value);
        });
        Registers.reduce(a, Instruction.VADDPS, sums, value);
        a.vector(Instruction.VMULPS, sum, sum, factor);
        a.vector(Instruction.VBROADCASTSS, scale, PARAMETERS.at(0));
        a.vector(Instruction.VADDPS, sum, sum, scale);
        a.vector(Instruction.VSQRTPS, sum, sum);
        Registers.broadcast(a, scale, 1f);
        a.vector(Instruction.VDIVPS, factor, scale, sum);
        eachVector(a, (part, at) -> {
            a.vector(Instruction.VMOVUPS, value, A.at(General.RAX, 1, at));
            a.vector(Instruction.VSUBPS, value, value, mean);
            a.vector(Instruction.VMULPS, value, value, factor);
            a.vector(Instruction.VMULPS, value, value, B.at(General.RAX, 1, at));
            a.vector(Instruction.VADDPS, value, value, TAIL.at(General.RAX, 1, at));
            a.store(Instruction.VMOVUPS, OUT.at(General.RAX, 1, at), value);
        });
        frame.leave(a);
        return a;
    }

    /** 16 columns: a part of them, and its byte. */
    private interface Columns {
        void emit(int part, int at);
    }

    /** Runs over whole vectors, {@code RAX} counting bytes; destroys {@code R11}. */
    private static void eachVector(Assembler a, Columns step) {
        a.move(General.R11, VECTORS);
        a.set(General.RAX, 0);
        Label next = a.here();
        for (int part = 0; part < a.level().parts(); part++) {
            step.emit(part, 4 * a.level().lanes() * part);
        }
        a.add(General.RAX, 64);
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, next);
    }

    /**
     * {@code f(terms, count, target, vectors, -, -)}: adds rows times factors, in order. Terms are 16 bytes: the address of a row, a float32.
     */
    static Assembler addRows(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        a.set(General.RAX, 0);
        Label wide = a.label();
        Label narrow = a.label();
        Label end = a.label();
        a.bind(wide);
        a.compare(VECTORS, WIDE);
        a.jump(Condition.LESS, narrow);
        addColumns(a, WIDE);
        a.jump(wide);
        a.bind(narrow);
        a.test(VECTORS, VECTORS);
        a.jump(Condition.EQUAL, end);
        addColumns(a, 1);
        a.jump(narrow);
        a.bind(end);
        frame.leave(a);
        return a;
    }

    /** Vectors of 16 that {@link #addRows} takes at a time. */
    private static final int WIDE = 4;

    private static void addColumns(Assembler a, int vectors) {
        int parts = vectors * a.level().parts();
        int bytes = 4 * a.level().lanes();
        Vector factor = Vector.zmm(8);
        for (int part = 0; part < parts; part++) {
            a.vector(Instruction.VMOVUPS, Vector.zmm(part), OUT.at(General.RAX, 1, part * bytes));
        }
        a.move(General.R10, A);
        a.move(General.R11, B);
        Label next = a.here();
        a.load(General.R8, General.R10.at(0));
        a.vector(Instruction.VBROADCASTSS, factor, General.R10.at(8));
        for (int part = 0; part < parts; part++) {
            a.vector(Instruction.VFMADD231PS, Vector.zmm(part), factor, General.R8.at(General.RAX, 1, part * bytes));
        }
        a.add(General.R10, 16);
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, next);
        for (int part = 0; part < parts; part++) {
            a.store(Instruction.VMOVUPS, OUT.at(General.RAX, 1, part * bytes), Vector.zmm(part));
        }
        a.add(General.RAX, 64 * vectors);
        a.subtract(VECTORS, vectors);
    }

    /** {@code f(gate, up, output, vectors, tailMask, -)}: {@code output = function(gate) * up}. */
    static Assembler gate(GateFunction function, Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        Exponential.constants(a);
        a.moveMask(Mask.K1, TAIL);
        Vector x = Vector.zmm(0);
        Vector one = Vector.zmm(8);
        Vector[] constants = {Vector.zmm(9), Vector.zmm(10), Vector.zmm(11), Vector.zmm(12), Vector.zmm(13), Vector.zmm(14), Vector.zmm(15)};
        Registers.broadcast(a, one, 1f);
        gateConstants(a, function, constants);
        loop(a, (part, masked) -> {
            load(a, x, A, part, masked);
            Vector result = gateValue(a, function, x, one, constants);
            load(a, Vector.zmm(7), B, part, masked);
            a.vector(Instruction.VMULPS, result, result, Vector.zmm(7));
            store(a, result, part, masked);
        }, true);
        frame.leave(a);
        return a;
    }

    private static void gateConstants(Assembler a, GateFunction function, Vector[] constants) {
        float[] values = switch (function) {
            case SILU, RELU, SIGMOID, NONE -> new float[0];
            // gelu(x) = x / (1 + e^(-2 sqrt(2/pi) (x + 0.044715 x³)))
            case GELU_TANH -> new float[] {(float) (2 * Math.sqrt(2 / Math.PI)), (float) (2 * Math.sqrt(2 / Math.PI) * 0.044715)};
            // erf by Abramowitz and Stegun 7.1.26, error below 1.5e-7
            case GELU_ERF -> new float[] {
                (float) Math.sqrt(0.5), 0.3275911f, 1.061405429f, -1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f
            };
        };
        for (int i = 0; i < values.length; i++) {
            Registers.broadcast(a, constants[i], values[i]);
        }
    }

    private static Vector gateValue(Assembler a, GateFunction function, Vector x, Vector one, Vector[] c) {
        Vector t = Vector.zmm(1);
        switch (function) {
            case RELU -> {
                Registers.zero(a, t);
                a.vector(Instruction.VMAXPS, t, t, x);
            }
            case SILU, SIGMOID -> {
                Registers.zero(a, t);
                a.vector(Instruction.VSUBPS, t, t, x);
                Exponential.emit(a, t);
                a.vector(Instruction.VADDPS, t, t, one);
                a.vector(Instruction.VDIVPS, t, function == GateFunction.SILU ? x : one, t);
            }
            case NONE -> a.vector(Instruction.VMOVUPS, t, x);
            case GELU_TANH -> {
                Vector square = Vector.zmm(2);
                a.vector(Instruction.VMULPS, square, x, x);
                a.vector(Instruction.VFMADD213PS, square, c[1], c[0]);
                Registers.zero(a, t);
                a.vector(Instruction.VFNMADD231PS, t, square, x);
                Exponential.emit(a, t);
                a.vector(Instruction.VADDPS, t, t, one);
                a.vector(Instruction.VDIVPS, t, x, t);
            }
            case GELU_ERF -> {
                // With z = |x| sqrt(1/2), u = 1 / (1 + p z): erf z = 1 - u (a1 + u (a2 + ...)) e^(-z²).
                Vector z = Vector.zmm(5);
                Vector u = Vector.zmm(6);
                a.vector(Instruction.VMULPS, z, x, c[0]);
                Registers.broadcast(a, t, 0x7FFFFFFF);
                a.vector(Instruction.VPANDD, z, z, t);
                a.vector(Instruction.VMOVUPS, u, one);
                a.vector(Instruction.VFMADD231PS, u, z, c[1]);
                a.vector(Instruction.VDIVPS, u, one, u);
                Registers.zero(a, t);
                a.vector(Instruction.VFNMADD231PS, t, z, z);
                Exponential.emit(a, t);
                a.vector(Instruction.VMOVUPS, z, c[2]);
                for (int i = 3; i < 7; i++) {
                    a.vector(Instruction.VFMADD213PS, z, u, c[i]);
                }
                a.vector(Instruction.VMULPS, z, z, u);
                a.vector(Instruction.VMULPS, z, z, t); // 1 - erf|z|
                // x/2 (1 + sign(x) (1 - z)) = max(x, 0) - |x| z / 2
                Registers.broadcast(a, t, 0x7FFFFFFF);
                a.vector(Instruction.VPANDD, u, x, t);
                Registers.broadcast(a, t, 0.5f);
                a.vector(Instruction.VMULPS, u, u, t);
                Registers.zero(a, t);
                a.vector(Instruction.VMAXPS, t, t, x);
                a.vector(Instruction.VFNMADD231PS, t, u, z);
            }
        }
        return t;
    }

    /** {@code f(values, -, output, vectors, tailMask, -)}: rounds to bfloat16, to nearest even; the tail of the output is zero. */
    static Assembler toBfloat16(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        a.moveMask(Mask.K1, TAIL);
        Vector value = Vector.zmm(0);
        // Outputs are half as long: back by half a vector after each step.
        loop(a, (part, masked) -> {
            load(a, value, A, part, masked);
            a.vector(Instruction.VCVTNEPS2BF16, value.as(256), value);
            a.store(Instruction.VMOVUPS, OUT.at(0), value.as(256));
            a.subtract(OUT, 32);
        }, true);
        frame.leave(a);
        return a;
    }

    /** What is done with 16 elements, or with one of two parts of them. */
    private interface Step {
        void emit(int part, boolean masked);
    }

    /** Runs over whole vectors and a masked tail; {@code A, B, OUT} move, the count stays. Destroys {@code RAX, R11}. */
    private static void loop(Assembler a, Step step, boolean moveAll) {
        Label next = a.label();
        Label tail = a.label();
        Label end = a.label();
        a.move(General.R11, VECTORS);
        a.test(General.R11, General.R11);
        a.jump(Condition.EQUAL, tail);
        a.bind(next);
        for (int part = 0; part < a.level().parts(); part++) {
            step.emit(part, false);
        }
        a.add(A, 64);
        if (moveAll) {
            a.add(B, 64);
            a.add(OUT, 64);
        }
        a.subtract(General.R11, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.bind(tail);
        a.test(TAIL, TAIL);
        a.jump(Condition.EQUAL, end);
        for (int part = 0; part < a.level().parts(); part++) {
            step.emit(part, true);
        }
        a.bind(end);
    }

    private static void load(Assembler a, Vector target, General from, int part, boolean masked) {
        if (masked) {
            a.masked(Mask.K1, true, part);
        }
        a.vector(Instruction.VMOVUPS, target, from.at(4 * a.level().lanes() * part));
    }

    private static void store(Assembler a, Vector value, int part, boolean masked) {
        if (masked) {
            a.masked(Mask.K1, false, part);
        }
        a.store(Instruction.VMOVUPS, OUT.at(4 * a.level().lanes() * part), value);
    }
}

package moka.engine.kernel.machine.aarch64;

import java.util.function.IntConsumer;
import moka.engine.kernel.Projection.GateFunction;

/**
 * Operations on one row of float32, element by element: RMS norm and the gates of a feed-forward. Rows have any length: 16 lanes at a time, then what
 * is left by a mask. The order of sums is that of the x86 kernels.
 */
final class RowCode {
    private static final General FIRST = General.X0;
    private static final General SECOND = General.X1;
    private static final General OUT = General.X2;
    private static final General VECTORS = General.X3;
    private static final General TAIL = General.X4;
    private static final General PARAMETERS = General.X5;
    private static final General LEFT = General.X6;
    private static final General ADDRESS = General.X16;
    private static final Vector VALUE = Vector.v(1);

    private RowCode() {}

    /**
     * {@code f(x, weight, output, vectors, tailMask, parameters)} with float32 parameters {@code epsilon, 1 / length}:
     * {@code output = x / sqrt(mean(x²) + epsilon) * weight}.
     */
    static byte[] rmsNorm() {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        Vector[] sums = Vector.run(16, 4);
        for (Vector sum : sums) {
            a.zero(sum);
        }
        a.move(General.X7, FIRST);
        loop(a, false, (quad, masked) -> {
            load(a, VALUE, FIRST, quad, masked);
            a.vector(Instruction.FMLA, sums[quad], VALUE, VALUE);
        });
        a.move(FIRST, General.X7);
        Lanes.sum(a, sums, VALUE);
        Vector sum = sums[0];
        Vector scale = Vector.v(20);
        a.load32(scale, PARAMETERS.at(4));
        a.lane(Instruction.FMUL_LANE, sum, sum, scale, 0);
        a.load32(scale, PARAMETERS.at(0));
        a.broadcast(scale, scale, 0);
        a.vector(Instruction.FADD, sum, sum, scale);
        a.vector(Instruction.FSQRT, sum, sum);
        Lanes.broadcast(a, scale, 1f);
        a.vector(Instruction.FDIV, scale, scale, sum);
        loop(a, true, (quad, masked) -> {
            load(a, VALUE, FIRST, quad, masked);
            a.vector(Instruction.FMUL, VALUE, VALUE, scale);
            load(a, Vector.v(2), SECOND, quad, masked);
            a.vector(Instruction.FMUL, VALUE, VALUE, Vector.v(2));
            store(a, VALUE, quad, masked);
        });
        frame.leave(a);
        return a.toBytes();
    }

    /**
     * {@code f(x, weight, output, vectors, bias, parameters)} with float32 parameters {@code epsilon, 1 / length}, rows of whole vectors:
     * {@code output = (x - mean) / sqrt(variance + epsilon) * weight + bias}.
     */
    static byte[] layerNorm() {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        Vector[] sums = Vector.run(16, 4);
        Vector factor = Vector.v(20);
        Vector mean = Vector.v(21);
        Vector other = Vector.v(2);
        zero(a, sums);
        a.move(General.X7, FIRST);
        eachVector(a, quad -> {
            a.load(VALUE, FIRST.at(16 * quad));
            a.vector(Instruction.FADD, sums[quad], sums[quad], VALUE);
        }, FIRST);
        Lanes.sum(a, sums, VALUE);
        a.load32(factor, PARAMETERS.at(4));
        a.lane(Instruction.FMUL_LANE, mean, sums[0], factor, 0);
        zero(a, sums);
        a.move(FIRST, General.X7);
        eachVector(a, quad -> {
            a.load(VALUE, FIRST.at(16 * quad));
            a.vector(Instruction.FSUB, VALUE, VALUE, mean);
            a.vector(Instruction.FMLA, sums[quad], VALUE, VALUE);
        }, FIRST);
        Lanes.sum(a, sums, VALUE);
        Vector sum = sums[0];
        a.lane(Instruction.FMUL_LANE, sum, sum, factor, 0);
        a.load32(factor, PARAMETERS.at(0));
        a.broadcast(factor, factor, 0);
        a.vector(Instruction.FADD, sum, sum, factor);
        a.vector(Instruction.FSQRT, sum, sum);
        Lanes.broadcast(a, factor, 1f);
        a.vector(Instruction.FDIV, factor, factor, sum);
        a.move(FIRST, General.X7);
        eachVector(a, quad -> {
            a.load(VALUE, FIRST.at(16 * quad));
            a.vector(Instruction.FSUB, VALUE, VALUE, mean);
            a.vector(Instruction.FMUL, VALUE, VALUE, factor);
            a.load(other, SECOND.at(16 * quad));
            a.vector(Instruction.FMUL, VALUE, VALUE, other);
            a.load(other, TAIL.at(16 * quad));
            a.vector(Instruction.FADD, VALUE, VALUE, other);
            a.store(VALUE, OUT.at(16 * quad));
        }, FIRST, SECOND, TAIL, OUT);
        frame.leave(a);
        return a.toBytes();
    }

    private static void zero(Assembler a, Vector[] vectors) {
        for (Vector vector : vectors) {
            a.zero(vector);
        }
    }

    /** Runs over whole vectors of 16, four lanes at a time. @param pointers move */
    private static void eachVector(Assembler a, IntConsumer step, General... pointers) {
        a.move(LEFT, VECTORS);
        Label next = a.here();
        for (int quad = 0; quad < 4; quad++) {
            step.accept(quad);
        }
        for (General pointer : pointers) {
            a.add(pointer, 64);
        }
        a.subtractAndTest(LEFT, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
    }

    /**
     * {@code f(terms, count, target, vectors, -, -)}: adds rows times factors, in order. Terms are 16 bytes: the address of a row, a float32.
     */
    static byte[] addRows() {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        General term = General.X6;
        General left = General.X7;
        General row = General.X8;
        General done = General.X9;
        Vector factor = Vector.v(16);
        Vector[] sums = Vector.run(0, 4);
        a.set(done, 0);
        Label columns = a.here();
        for (int quad = 0; quad < 4; quad++) {
            a.load(sums[quad], OUT.at(16 * quad));
        }
        a.move(term, FIRST);
        a.move(left, SECOND);
        Label next = a.here();
        a.load(row, term.at(0));
        a.add(row, row, done, 0);
        a.load32(factor, term.at(8));
        for (int quad = 0; quad < 4; quad++) {
            Vector value = Vector.v(17 + quad);
            a.load(value, row.at(16 * quad));
            a.lane(Instruction.FMLA_LANE, sums[quad], value, factor, 0);
        }
        a.add(term, 16);
        a.subtractAndTest(left, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        for (int quad = 0; quad < 4; quad++) {
            a.store(sums[quad], OUT.at(16 * quad));
        }
        a.add(OUT, 64);
        a.add(done, 64);
        a.subtractAndTest(VECTORS, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, columns);
        frame.leave(a);
        return a.toBytes();
    }

    /** {@code f(gate, up, output, vectors, tailMask, -)}: {@code output = function(gate) * up}. */
    static byte[] gate(GateFunction function) {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        ExponentialCode.constants(a);
        Vector x = Vector.v(0);
        Vector[] constants = Vector.run(9, 7);
        gateConstants(a, function, constants);
        loop(a, true, (quad, masked) -> {
            load(a, x, FIRST, quad, masked);
            gateValue(a, function, x, VALUE, constants);
            load(a, Vector.v(7), SECOND, quad, masked);
            a.vector(Instruction.FMUL, VALUE, VALUE, Vector.v(7));
            store(a, VALUE, quad, masked);
        });
        frame.leave(a);
        return a.toBytes();
    }

    private static void gateConstants(Assembler a, GateFunction function, Vector[] constants) {
        Lanes.broadcast(a, ONE, 1f);
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
            Lanes.broadcast(a, constants[i], values[i]);
        }
    }

    private static final Vector ONE = Vector.v(8);

    /** {@code t = function(x)}. */
    private static void gateValue(Assembler a, GateFunction function, Vector x, Vector t, Vector[] c) {
        switch (function) {
            case RELU -> {
                a.zero(t);
                a.vector(Instruction.FMAX, t, t, x);
            }
            case SILU, SIGMOID -> {
                a.vector(Instruction.FNEG, t, x);
                overOnePlusExponential(a, function == GateFunction.SILU ? x : ONE, t);
            }
            case NONE -> a.move(t, x);
            case GELU_TANH -> {
                Vector square = Vector.v(2);
                Vector factor = Vector.v(6);
                a.vector(Instruction.FMUL, square, x, x);
                a.move(factor, c[0]);
                a.vector(Instruction.FMLA, factor, square, c[1]);
                a.zero(t);
                a.vector(Instruction.FMLS, t, factor, x);
                overOnePlusExponential(a, x, t);
            }
            case GELU_ERF -> {
                // With z = |x| sqrt(1/2), u = 1 / (1 + p z): erf z = 1 - u (a1 + u (a2 + ...)) e^(-z²).
                Vector z = Vector.v(2);
                Vector u = Vector.v(6);
                Vector next = Vector.v(29);
                a.vector(Instruction.FMUL, z, x, c[0]);
                a.vector(Instruction.FABS, z, z);
                a.move(u, ONE);
                a.vector(Instruction.FMLA, u, z, c[1]);
                a.vector(Instruction.FDIV, u, ONE, u);
                a.zero(t);
                a.vector(Instruction.FMLS, t, z, z);
                ExponentialCode.emit(a, t);
                a.move(z, c[2]);
                for (int i = 3; i < 7; i++) {
                    a.move(next, c[i]);
                    a.vector(Instruction.FMLA, next, z, u);
                    a.move(z, next);
                }
                a.vector(Instruction.FMUL, z, z, u);
                a.vector(Instruction.FMUL, z, z, t); // 1 - erf|z|
                // x/2 (1 + sign(x) (1 - z)) = max(x, 0) - |x| z / 2
                a.vector(Instruction.FABS, u, x);
                Lanes.broadcast(a, t, 0.5f);
                a.vector(Instruction.FMUL, u, u, t);
                a.zero(t);
                a.vector(Instruction.FMAX, t, t, x);
                a.vector(Instruction.FMLS, t, u, z);
            }
        }
    }

    /** {@code t = x / (1 + e^t)}. */
    private static void overOnePlusExponential(Assembler a, Vector x, Vector t) {
        ExponentialCode.emit(a, t);
        a.vector(Instruction.FADD, t, t, ONE);
        a.vector(Instruction.FDIV, t, x, t);
    }

    private interface Step {
        void emit(int quad, boolean masked);
    }

    /** Runs over whole vectors and a masked tail; {@code FIRST}, and {@code SECOND} and {@code OUT}, move. */
    private static void loop(Assembler a, boolean moveAll, Step step) {
        Label next = a.label();
        Label tail = a.label();
        Label end = a.label();
        a.move(LEFT, VECTORS);
        a.jumpIfZero(LEFT, tail);
        a.bind(next);
        for (int quad = 0; quad < 4; quad++) {
            step.emit(quad, false);
        }
        a.add(FIRST, 64);
        if (moveAll) {
            a.add(SECOND, 64);
            a.add(OUT, 64);
        }
        a.subtractAndTest(LEFT, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        a.bind(tail);
        for (int quad = 0; quad < 4; quad++) {
            a.jumpIfClear(TAIL, 4 * quad, end);
            step.emit(quad, true);
        }
        a.bind(end);
    }

    private static void load(Assembler a, Vector target, General from, int quad, boolean masked) {
        if (masked) {
            a.add(ADDRESS, from, 16 * quad);
            Lanes.load(a, target, ADDRESS, TAIL, 4 * quad);
        } else {
            a.load(target, from.at(16 * quad));
        }
    }

    private static void store(Assembler a, Vector value, int quad, boolean masked) {
        if (masked) {
            a.add(ADDRESS, OUT, 16 * quad);
            Lanes.store(a, value, ADDRESS, TAIL, 4 * quad);
        } else {
            a.store(value, OUT.at(16 * quad));
        }
    }
}

package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.ExponentialConstants;

/**
 * {@code e^x} of 4 lanes: {@code 2^n * e^r} with {@code n = round(x / ln 2)} and a polynomial for {@code e^r}; relative error about 1e-7.
 * Operations as in the x86 kernels; their one multiplication by {@code 2^n} is two here, of which only
 * the second rounds. Registers 16 to 28 hold constants, 3, 4 and 5 are destroyed.
 */
final class ExponentialCode {
    private static final Vector LOG2_E = Vector.v(24);
    private static final Vector LN2_HIGH = Vector.v(25);
    private static final Vector LN2_LOW = Vector.v(26);
    private static final Vector LOWEST = Vector.v(27);
    private static final Vector HIGHEST = Vector.v(28);
    /** {@code 1}, which is also the start of an exponent: added as bits. */
    private static final Vector ONE = Vector.v(23);

    private ExponentialCode() {}

    static void constants(Assembler a) {
        float[] values = ExponentialConstants.inOrder();
        for (int i = 0; i < values.length; i++) {
            Lanes.broadcast(a, Vector.v(16 + i), values[i]);
        }
    }

    /** {@code x = e^x}. */
    static void emit(Assembler a, Vector x) {
        Vector n = Vector.v(3);
        Vector p = Vector.v(4);
        Vector t = Vector.v(5);
        a.vector(Instruction.FMAX, x, x, LOWEST);
        a.vector(Instruction.FMIN, x, x, HIGHEST);
        a.vector(Instruction.FMUL, n, x, LOG2_E);
        a.vector(Instruction.FRINTN, n, n);
        a.vector(Instruction.FMLS, x, n, LN2_HIGH);
        a.vector(Instruction.FMLS, x, n, LN2_LOW);
        a.move(p, Vector.v(16));
        for (int i = 1; i < ExponentialConstants.COEFFICIENTS; i++) {
            a.move(t, Vector.v(16 + i));
            a.vector(Instruction.FMLA, t, p, x);
            // The two change roles: there is no form that overwrites a factor.
            Vector result = t;
            t = p;
            p = result;
        }
        scale(a, x, p, n, t, ONE);
    }

    /** Loads the constants of {@link #powerOfTwo} to the registers from 16 on. */
    static void powerOfTwoConstants(Assembler a) {
        float[] values = ExponentialConstants.powerOfTwo();
        for (int i = 0; i < values.length; i++) {
            Lanes.broadcast(a, Vector.v(16 + i), values[i]);
        }
    }

    /** {@code x = 2^x} for {@code x} up to 0; destroys the registers 3, 4 and 5. */
    static void powerOfTwo(Assembler a, Vector x) {
        Vector n = Vector.v(3);
        Vector p = Vector.v(4);
        Vector t = Vector.v(5);
        int lowest = 16 + ExponentialConstants.powerOfTwo().length - 1;
        Vector one = Vector.v(lowest - 1);
        a.vector(Instruction.FMAX, x, x, Vector.v(lowest));
        a.vector(Instruction.FRINTN, n, x);
        a.vector(Instruction.FSUB, x, x, n);
        a.move(p, Vector.v(16));
        for (int i = 17; i < lowest; i++) {
            a.move(t, Vector.v(i));
            a.vector(Instruction.FMLA, t, p, x);
            Vector result = t;
            t = p;
            p = result;
        }
        scale(a, x, p, n, t, one);
    }

    /** {@code x = p * 2^n}, in two multiplications of which only the second rounds. */
    private static void scale(Assembler a, Vector x, Vector p, Vector n, Vector t, Vector one) {
        a.vector(Instruction.FCVTNS, n, n);
        a.shift(Instruction.SSHR_4S, t, n, 1);
        a.vector(Instruction.SUB_4S, n, n, t);
        a.shift(Instruction.SHL_4S, t, t, 23);
        a.vector(Instruction.ADD_4S, t, t, one);
        a.vector(Instruction.FMUL, x, p, t);
        a.shift(Instruction.SHL_4S, n, n, 23);
        a.vector(Instruction.ADD_4S, n, n, one);
        a.vector(Instruction.FMUL, x, x, n);
    }
}

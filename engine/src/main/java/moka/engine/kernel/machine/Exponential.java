package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Vector;

/**
 * {@code e^x} of 16 lanes: {@code 2^n * e^r} with {@code n = round(x / ln 2)} and a polynomial for {@code e^r}; relative error about 1e-7.
 * Registers 16 to 28 hold constants, 3 and 4 are destroyed.
 */
final class Exponential {
    private static final Vector LOG2_E = Vector.zmm(24);
    private static final Vector LN2_HIGH = Vector.zmm(25);
    private static final Vector LN2_LOW = Vector.zmm(26);
    private static final Vector LOWEST = Vector.zmm(27);
    private static final Vector HIGHEST = Vector.zmm(28);

    private Exponential() {}

    /** Loads the constants; destroys {@code RAX}. */
    static void constants(Assembler a) {
        float[] values = ExponentialConstants.inOrder();
        for (int i = 0; i < values.length; i++) {
            Registers.broadcast(a, Vector.zmm(16 + i), values[i]);
        }
    }

    /** {@code x = e^x}. */
    static void emit(Assembler a, Vector x) {
        Vector n = Vector.zmm(3);
        Vector p = Vector.zmm(4);
        // The second operand wins where one is undefined.
        a.vector(Instruction.VMAXPS, x, LOWEST, x);
        a.vector(Instruction.VMINPS, x, HIGHEST, x);
        a.vector(Instruction.VMULPS, n, x, LOG2_E);
        a.vector(Instruction.VRNDSCALEPS, n, n, 0);
        a.vector(Instruction.VFNMADD231PS, x, n, LN2_HIGH);
        a.vector(Instruction.VFNMADD231PS, x, n, LN2_LOW);
        a.vector(Instruction.VMOVUPS, p, Vector.zmm(16));
        for (int i = 1; i < ExponentialConstants.COEFFICIENTS; i++) {
            a.vector(Instruction.VFMADD213PS, p, x, Vector.zmm(16 + i));
        }
        a.vector(Instruction.VSCALEFPS, x, p, n);
    }

    /** Loads the constants of {@link #powerOfTwo} to the registers from 16 on; destroys {@code RAX}. */
    static void powerOfTwoConstants(Assembler a) {
        float[] values = ExponentialConstants.powerOfTwo();
        for (int i = 0; i < values.length; i++) {
            Registers.broadcast(a, Vector.zmm(16 + i), values[i]);
        }
    }

    /** {@code x = 2^x} for {@code x} up to 0: two thirds of the operations of {@link #emit}. Destroys the registers 3 and 4. */
    static void powerOfTwo(Assembler a, Vector x) {
        Vector n = Vector.zmm(3);
        Vector p = Vector.zmm(4);
        int lowest = 16 + ExponentialConstants.powerOfTwo().length - 1;
        a.vector(Instruction.VMAXPS, x, Vector.zmm(lowest), x);
        a.vector(Instruction.VRNDSCALEPS, n, x, 0);
        a.vector(Instruction.VSUBPS, x, x, n);
        a.vector(Instruction.VMOVUPS, p, Vector.zmm(16));
        for (int i = 17; i < lowest; i++) {
            a.vector(Instruction.VFMADD213PS, p, x, Vector.zmm(i));
        }
        a.vector(Instruction.VSCALEFPS, x, p, n);
    }
}

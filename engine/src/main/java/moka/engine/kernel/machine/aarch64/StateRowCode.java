package moka.engine.kernel.machine.aarch64;

/** What comes before a state's change, row by row: the convolution over time, and how much of a state is kept. Arguments are those of the x86 kernels. */
final class StateRowCode {
    private static final General[] ROWS = {General.X4, General.X5, General.X6, General.X7};
    /** The exponential's last constant. */
    private static final Vector ONE = Vector.v(23);

    private StateRowCode() {}

    /** {@code f(inputs, weights, output, vectors, -, -)}. */
    static byte[] convolve(int length, boolean silu) {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        Vector sum = Vector.v(0);
        Vector result = Vector.v(1);
        Vector value = Vector.v(2);
        Vector input = Vector.v(6);
        if (silu) {
            ExponentialCode.constants(a);
        }
        for (int j = 0; j < length; j++) {
            a.load(ROWS[j], General.X0.at(8 * j));
        }
        Label next = a.here();
        for (int quad = 0; quad < 4; quad++) {
            a.load(sum, General.X1.at(16 * quad));
            for (int j = 0; j < length; j++) {
                a.load(value, General.X1.at(64 * (j + 1) + 16 * quad));
                a.load(input, ROWS[j].at(16 * quad));
                a.vector(Instruction.FMLA, sum, value, input);
            }
            if (silu) {
                a.vector(Instruction.FNEG, result, sum);
                ExponentialCode.emit(a, result);
                a.vector(Instruction.FADD, result, result, ONE);
                a.vector(Instruction.FDIV, sum, sum, result);
            }
            a.store(sum, General.X2.at(16 * quad));
        }
        a.add(General.X1, 64 * (length + 1));
        a.add(General.X2, 64);
        for (int j = 0; j < length; j++) {
            a.add(ROWS[j], 64);
        }
        a.subtractAndTest(General.X3, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a.toBytes();
    }

    /** {@code f(x, bias, rate, step, kept, vectors)}. */
    static byte[] discretize(boolean withKept) {
        var a = new Assembler();
        var frame = new Frame(0);
        frame.enter(a);
        Vector x = Vector.v(0);
        Vector z = Vector.v(1);
        Vector square = Vector.v(2);
        Vector two = Vector.v(29);
        Vector zero = Vector.v(30);
        ExponentialCode.constants(a);
        Lanes.broadcast(a, two, 2f);
        a.zero(zero);
        Vector[] terms = Vector.run(8, 8);
        for (int i = 0; i < terms.length; i++) {
            Lanes.broadcast(a, terms[i], 1f / (15 - 2 * i));
        }
        Label next = a.here();
        for (int quad = 0; quad < 4; quad++) {
            a.load(x, General.X0.at(16 * quad));
            a.load(z, General.X1.at(16 * quad));
            a.vector(Instruction.FADD, x, x, z);
            // -|x| = min(x, -x)
            a.vector(Instruction.FNEG, z, x);
            a.vector(Instruction.FMIN, z, z, x);
            a.vector(Instruction.FMAX, x, x, zero);
            ExponentialCode.emit(a, z);
            a.vector(Instruction.FADD, square, z, two);
            a.vector(Instruction.FDIV, z, z, square);
            a.vector(Instruction.FMUL, square, z, z);
            Vector series = Vector.v(6);
            Vector sum = Vector.v(7);
            a.move(series, terms[0]);
            for (int i = 1; i < terms.length; i++) {
                a.move(sum, terms[i]);
                a.vector(Instruction.FMLA, sum, series, square);
                // The two change roles: there is no form that overwrites a factor.
                Vector result = sum;
                sum = series;
                series = result;
            }
            a.vector(Instruction.FMUL, series, series, z);
            a.vector(Instruction.FMLA, x, series, two);
            a.store(x, General.X3.at(16 * quad));
            if (withKept) {
                a.load(z, General.X2.at(16 * quad));
                a.vector(Instruction.FMUL, z, x, z);
                ExponentialCode.emit(a, z);
                a.store(z, General.X4.at(16 * quad));
            }
        }
        for (General pointer : new General[] {General.X0, General.X1, General.X2, General.X3, General.X4}) {
            a.add(pointer, 64);
        }
        a.subtractAndTest(General.X5, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a.toBytes();
    }
}

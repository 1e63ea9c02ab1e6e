package moka.engine.kernel.scalar;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection;

/** The operations on single rows that come before a product: norms and gates. */
final class InputRows {
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private InputRows() {}

    /** The activations that an input reads; of the two of a gate, the gate. */
    static Activations rows(Projection.Input input) {
        return switch (input) {
            case Projection.Input.Plain plain -> plain.rows();
            case Projection.Input.RmsNormed normed -> normed.rows();
            case Projection.Input.Gated gated -> gated.gate();
        };
    }

    /** Computes one row of {@code f(input)}. */
    static void read(Projection.Input input, int row, float[] target, int offset) {
        switch (input) {
            case Projection.Input.Plain(Activations rows) -> rows.read(row, 0, target, offset, rows.columns());
            case Projection.Input.RmsNormed(Activations rows, MemorySegment weight, float epsilon) -> {
                rows.read(row, 0, target, offset, rows.columns());
                rmsNorm(target, offset, rows.columns(), weight, epsilon);
            }
            case Projection.Input.Gated(Activations gate, Activations up, Projection.GateFunction function) -> {
                for (int i = 0; i < gate.columns(); i++) {
                    target[offset + i] = apply(function, gate.get(row, i)) * up.get(row, i);
                }
            }
        }
    }

    /** {@code x / sqrt(mean(x²) + epsilon) * weight}, in place. */
    static void rmsNorm(float[] x, int offset, int count, MemorySegment weight, float epsilon) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += (double) x[offset + i] * x[offset + i];
        }
        float factor = (float) (1 / Math.sqrt(sum / count + epsilon));
        for (int i = 0; i < count; i++) {
            x[offset + i] = x[offset + i] * factor * weight.getAtIndex(FLOAT, i);
        }
    }

    static float apply(Projection.GateFunction function, float x) {
        return switch (function) {
            case SILU -> (float) (x / (1 + Math.exp(-x)));
            case GELU_TANH -> (float) (0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
            case GELU_ERF -> (float) (0.5 * x * (1 + erf(x / Math.sqrt(2))));
            case RELU -> Math.max(x, 0);
            case SIGMOID -> (float) (1 / (1 + Math.exp(-x)));
            case NONE -> x;
        };
    }

    /**
     * The error function: its power series where it converges fast, else the continued fraction of its complement.
     * Absolute error below 1e-13.
     *
     * @see <a href="https://dlmf.nist.gov/7.6">DLMF 7.6.2</a> and <a href="https://dlmf.nist.gov/7.9">7.9.1</a>
     */
    static double erf(double x) {
        double z = Math.abs(x);
        double value;
        if (z < 2.5) {
            // 2/√π · e^-z² · Σ 2^n z^(2n+1) / (1·3·…·(2n+1)): all terms positive.
            double term = z;
            double sum = z;
            for (int n = 1; term > 1e-17 * sum; n++) {
                term *= 2 * z * z / (2 * n + 1);
                sum += term;
            }
            value = 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
        } else if (z < 6) {
            double fraction = z;
            for (int n = 60; n > 0; n--) {
                fraction = z + n / 2.0 / fraction;
            }
            value = 1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
        } else {
            value = 1;
        }
        return Math.copySign(value, x);
    }
}

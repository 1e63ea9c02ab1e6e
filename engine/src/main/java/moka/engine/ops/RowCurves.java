package moka.engine.ops;

import moka.engine.kernel.Projection.GateFunction;

/**
 * Functions of whole rows, in loops that C2 turns into vectors: arithmetic in double without branches or table, and one store a loop. About 1 ns a value
 * with AVX-512, where {@link Math#exp} takes 5 (Zen 5, November 2026). Results are those of {@link Curves} to the last place or two of float32.
 */
public final class RowCurves {
    /** {@code e^-104} is 0 in float32. */
    private static final double LOWEST = -104;
    /** Just below the largest exponent of float32. */
    private static final double HIGHEST = 88.7;

    private RowCurves() {}

    /** {@code e^v} for {@code v} of at most 104: the Taylor polynomial of {@code v / 256}, squared eight times; exact to 1e-12 up to 30, to 5e-8 at the ends. */
    private static double exponential(double v) {
        double r = v * (1.0 / 256);
        double p = 1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720 + r * (1.0 / 5040 + r * (1.0 / 40320))))))));
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        return p * p;
    }

    /** {@code e^x}; at least 0 and finite. */
    public static void exp(float[] x, int count) {
        for (int i = 0; i < count; i++) {
            x[i] = (float) exponential(Math.max(LOWEST, Math.min(HIGHEST, (double) x[i])));
        }
    }

    /** {@code 1 / (1 + e^-x)}. */
    public static void sigmoid(float[] x, int count) {
        for (int i = 0; i < count; i++) {
            x[i] = (float) (1 / (1 + exponential(Math.max(LOWEST, Math.min(-LOWEST, -(double) x[i])))));
        }
    }

    /** {@code x * sigmoid(x)}. */
    public static void silu(float[] x, int count) {
        for (int i = 0; i < count; i++) {
            double v = x[i];
            x[i] = (float) (v / (1 + exponential(Math.max(LOWEST, Math.min(-LOWEST, -v)))));
        }
    }

    /**
     * {@code ln(1 + e^x) = max(x, 0) + ln(1 + z)} with {@code z = e^-|x|}, whose logarithm is {@code 2 artanh(z / (2 + z))}: a series in at most 1/9. Two
     * loops, since C2 leaves a loop of that many operations as it is.
     *
     * @param scratch at least {@code count} values
     */
    public static void softplus(float[] x, float[] scratch, int count) {
        for (int i = 0; i < count; i++) {
            scratch[i] = (float) exponential(Math.max(LOWEST, -Math.abs((double) x[i])));
        }
        for (int i = 0; i < count; i++) {
            double z = scratch[i];
            double s = z / (2 + z);
            double q = s * s;
            double series = 1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11 + q * (1.0 / 13 + q * (1.0 / 15)))))));
            scratch[i] = (float) (2 * s * series);
        }
        for (int i = 0; i < count; i++) {
            x[i] = Math.max(x[i], 0f) + scratch[i];
        }
    }

    /** {@code cap * tanh(x / cap)}. */
    public static void softCap(float[] x, int count, float cap) {
        double twice = 2.0 / cap;
        for (int i = 0; i < count; i++) {
            double e = exponential(Math.max(LOWEST, Math.min(-LOWEST, x[i] * twice)));
            x[i] = (float) (cap - 2.0 * cap / (1 + e));
        }
    }

    /** The tanh approximation of GELU: {@code x * sigmoid(2 sqrt(2 / pi) (x + 0.044715 x³))}. */
    public static void geluTanh(float[] x, int count) {
        double factor = 2 * Math.sqrt(2 / Math.PI);
        for (int i = 0; i < count; i++) {
            double v = x[i];
            double u = -factor * (v + 0.044715 * v * v * v);
            x[i] = (float) (v / (1 + exponential(Math.max(LOWEST, Math.min(-LOWEST, u)))));
        }
    }

    /** A gate. GELU by the error function is left to the kernels. */
    public static void gate(GateFunction function, float[] x, int count) {
        switch (function) {
            case SILU -> silu(x, count);
            case GELU_TANH -> geluTanh(x, count);
            case RELU -> {
                for (int i = 0; i < count; i++) {
                    x[i] = Math.max(x[i], 0f);
                }
            }
            case SIGMOID -> sigmoid(x, count);
            case NONE -> {}
            case GELU_ERF -> throw new IllegalArgumentException("no GELU by the error function here");
        }
    }

    /** {@code x *= by}. */
    public static void multiply(float[] x, float[] by, int count) {
        for (int i = 0; i < count; i++) {
            x[i] *= by[i];
        }
    }
}

package moka.engine.ops;

import moka.engine.kernel.Projection.GateFunction;

/** Functions of single values, computed in double and rounded. */
public final class Curves {
    private Curves() {}

    /** {@code 1 / (1 + e^-x)}. */
    public static float sigmoid(float x) {
        return (float) (1 / (1 + Math.exp(-x)));
    }

    /** {@code x * sigmoid(x)}. */
    public static float silu(float x) {
        return (float) (x / (1 + Math.exp(-x)));
    }

    /** A gate. GELU by the error function is left to the kernels. */
    public static float gate(GateFunction function, float x) {
        return switch (function) {
            case SILU -> silu(x);
            case GELU_TANH -> geluTanh(x);
            case RELU -> Math.max(x, 0);
            case GELU_ERF -> throw new IllegalArgumentException("no GELU by the error function here");
        };
    }

    /** {@code ln(1 + e^x)}; {@code x} itself where the difference is lost in float32. */
    public static float softplus(float x) {
        return x > 20 ? x : (float) Math.log1p(Math.exp(x));
    }

    /** {@code cap * tanh(x / cap)}. */
    public static float softCap(float x, float cap) {
        return (float) (cap * Math.tanh(x / cap));
    }

    /** The tanh approximation of GELU. */
    public static float geluTanh(float x) {
        return (float) (0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
    }

    /**
     * xIELU: a parabola above 0, an exponential with a parabola's slope below.
     *
     * @param alphaP factor of the parabola above 0
     * @param alphaN factor of the exponential below
     * @param epsilon below 0, so that the exponential of what is above 0 does not overflow
     * @see <a href="https://arxiv.org/abs/2411.13010">Deriving activation functions using integration</a>
     */
    public static float xielu(float x, float alphaN, float alphaP, float beta, float epsilon) {
        return x > 0
                ? alphaP * x * x + beta * x
                : (float) ((Math.expm1(Math.min(x, epsilon)) - x) * alphaN + beta * x);
    }
}

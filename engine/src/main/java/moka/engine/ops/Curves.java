package moka.engine.ops;

/** Functions of single values, computed in double and rounded. Rows of them: {@link RowCurves}. */
public final class Curves {
    private Curves() {}

    /** {@code 1 / (1 + e^-x)}. */
    public static float sigmoid(float x) {
        return (float) (1 / (1 + Math.exp(-x)));
    }

    /** {@code ln(1 + e^x)}; {@code x} itself where the difference is lost in float32. */
    public static float softplus(float x) {
        return x > 20 ? x : (float) Math.log1p(Math.exp(x));
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

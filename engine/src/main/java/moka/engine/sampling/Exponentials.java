package moka.engine.sampling;

/**
 * exp(x - max) for many x, in a form that C2 turns into vector instructions: multiplications and additions of doubles alone, so the result
 * is the same whether it does or not. exp(v) = exp(v / 128)^128, the root by its Taylor polynomial of degree 10 (relative error below 1e-11
 * for v above -60, 1e-9 after the seven squarings). 2 ns a value in place of 4.4 (2026-11-21).
 */
final class Exponentials {
    /** Differences below are taken for this: a probability of 1e-26. */
    static final double LEAST = -60;

    private Exponentials() {}

    /**
     * Three loops, because C2 leaves one that converts, cuts off and multiplies as it is (1.4 ms in place of 0.26).
     *
     * @param values {@code count} logits, none above max
     * @param to {@code count} results
     */
    static void of(float[] values, int from, int count, double max, double[] to) {
        for (int i = 0; i < count; i++) {
            to[i] = values[from + i];
        }
        for (int i = 0; i < count; i++) {
            to[i] = Math.max(to[i] - max, LEAST) * (1.0 / 128);
        }
        for (int i = 0; i < count; i++) {
            double v = to[i];
            double root = 1.0 / 3628800;
            root = root * v + 1.0 / 362880;
            root = root * v + 1.0 / 40320;
            root = root * v + 1.0 / 5040;
            root = root * v + 1.0 / 720;
            root = root * v + 1.0 / 120;
            root = root * v + 1.0 / 24;
            root = root * v + 1.0 / 6;
            root = root * v + 1.0 / 2;
            root = root * v + 1;
            root = root * v + 1;
            root *= root;
            root *= root;
            root *= root;
            root *= root;
            root *= root;
            root *= root;
            to[i] = root * root;
        }
    }

    /**
     * Sum of exp(value - max) with a relative error below 1e-3, for two thirds of the cost: exp(v) = exp(v / 64)^64 in floats, the root by its
     * polynomial of degree 5.
     *
     * @param values {@code count} logits, none above max; overwritten
     */
    static float roughSum(float[] values, int count, float max) {
        for (int i = 0; i < count; i++) {
            values[i] = Math.max(values[i] - max, -30) * (1f / 64);
        }
        for (int i = 0; i < count; i++) {
            float v = values[i];
            float root = 1f / 120;
            root = root * v + 1f / 24;
            root = root * v + 1f / 6;
            root = root * v + 1f / 2;
            root = root * v + 1;
            root = root * v + 1;
            root *= root;
            root *= root;
            root *= root;
            root *= root;
            root *= root;
            values[i] = root * root;
        }
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        int i = 0;
        for (; i + 3 < count; i += 4) {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (; i < count; i++) {
            a += values[i];
        }
        return (a + b) + (c + d);
    }

    /** Sum in a fixed order of four parts. */
    static double sum(double[] values, int count) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < count; i += 4) {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (; i < count; i++) {
            a += values[i];
        }
        return (a + b) + (c + d);
    }
}

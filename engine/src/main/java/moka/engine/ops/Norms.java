package moka.engine.ops;

/** Norms of a piece of a row, in place. Sums run in four lanes and a fixed order, in double. */
public final class Norms {
    private Norms() {}

    /** {@code x / sqrt(mean(x²) + epsilon) * weight}. @param weight from {@code weightAt}; an empty array: ones */
    public static void rms(float[] x, int at, int count, float[] weight, int weightAt, float epsilon) {
        float factor = (float) (1 / Math.sqrt(sumOfSquares(x, at, count, 0) / count + epsilon));
        multiply(x, at, count, factor, weight, weightAt);
    }

    /** {@code (x - mean) / sqrt(variance + epsilon) * weight + bias}. @param weight an empty array: ones @param bias an empty array: zeros */
    public static void layer(float[] x, int at, int count, float[] weight, int weightAt, float[] bias, float epsilon) {
        float mean = (float) (sum(x, at, count) / count);
        for (int i = at; i < at + count; i++) {
            x[i] -= mean;
        }
        float factor = (float) (1 / Math.sqrt(sumOfSquares(x, at, count, 0) / count + epsilon));
        multiply(x, at, count, factor, weight, weightAt);
        if (bias.length > 0) {
            for (int i = 0; i < count; i++) {
                x[at + i] += bias[i];
            }
        }
    }

    /** {@code x / sqrt(sum(x²) + epsilon)}. */
    public static void length(float[] x, int at, int count, float epsilon) {
        float factor = (float) (1 / Math.sqrt(sumOfSquares(x, at, count, 0) + epsilon));
        multiply(x, at, count, factor, new float[0], 0);
    }

    /** Mean of the squares of the first values. */
    public static double meanSquare(float[] x, int count) {
        return sumOfSquares(x, 0, count, 0) / count;
    }

    /** {@code max(0, x - mean - deviations * standard deviation)} of the first values: about those that are the largest. */
    public static void keepAbove(float[] x, int count, float deviations) {
        double mean = sum(x, 0, count) / count;
        float cutoff = (float) (mean + deviations * Math.sqrt(sumOfSquares(x, 0, count, mean) / count));
        for (int i = 0; i < count; i++) {
            x[i] = Math.max(0, x[i] - cutoff);
        }
    }

    private static void multiply(float[] x, int at, int count, float factor, float[] weight, int weightAt) {
        if (weight.length == 0) {
            for (int i = at; i < at + count; i++) {
                x[i] *= factor;
            }
        } else {
            for (int i = 0; i < count; i++) {
                x[at + i] = x[at + i] * factor * weight[weightAt + i];
            }
        }
    }

    private static double sum(float[] x, int at, int count) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = at;
        for (; i + 4 <= at + count; i += 4) {
            a += x[i];
            b += x[i + 1];
            c += x[i + 2];
            d += x[i + 3];
        }
        for (; i < at + count; i++) {
            a += x[i];
        }
        return a + b + (c + d);
    }

    /** Sum of {@code (x - mean)²}. */
    static double sumOfSquares(float[] x, int at, int count, double mean) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = at;
        for (; i + 4 <= at + count; i += 4) {
            a += (x[i] - mean) * (x[i] - mean);
            b += (x[i + 1] - mean) * (x[i + 1] - mean);
            c += (x[i + 2] - mean) * (x[i + 2] - mean);
            d += (x[i + 3] - mean) * (x[i + 3] - mean);
        }
        for (; i < at + count; i++) {
            a += (x[i] - mean) * (x[i] - mean);
        }
        return a + b + (c + d);
    }
}

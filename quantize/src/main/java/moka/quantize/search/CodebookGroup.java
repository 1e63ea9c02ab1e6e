package moka.quantize.search;

/**
 * A run of 32 elements that share a scale and whose codes stand for the values of a one-dimensional codebook. Tells for any scale the nearest
 * codes and their error, and searches for the scale with the least. Not thread-safe.
 */
final class CodebookGroup {
    static final int LENGTH = 32;

    /** Ranges tried: the extreme element becomes the last value of the codebook times these. */
    private static final float[] FACTORS = {0.78f, 0.83f, 0.87f, 0.91f, 0.94f, 0.97f, 1f, 1.03f, 1.06f, 1.1f, 1.15f, 1.2f};

    private final float[] book;

    /** The code nearest to a value: index is twice the distance from the first value of the codebook. */
    private final byte[] nearest;

    private float[] x = new float[0];
    private float[] w = new float[0];
    private int first;
    private double sxx;
    private double sxq;
    private double sqq;

    /** @param values of the codes, ascending whole numbers */
    CodebookGroup(byte[] values) {
        book = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            book[i] = values[i];
        }
        nearest = new byte[2 * (values[values.length - 1] - values[0]) + 1];
        for (int i = 0; i < nearest.length; i++) {
            // The middle of this step of one half.
            double value = values[0] + i / 2.0 + 0.25;
            int code = 0;
            while (code + 1 < book.length && value > (book[code] + book[code + 1]) / 2) {
                code++;
            }
            nearest[i] = (byte) code;
        }
    }

    void load(float[] values, float[] weights, int offset) {
        x = values;
        w = weights;
        first = offset;
        sxx = 0;
        for (int i = offset; i < offset + LENGTH; i++) {
            sxx += (double) w[i] * x[i] * x[i];
        }
    }

    /** The real scale with the least error; 0 for a group of zeros. */
    double fit() {
        float extreme = 0;
        for (int i = first; i < first + LENGTH; i++) {
            extreme = Math.abs(x[i]) > Math.abs(extreme) ? x[i] : extreme;
        }
        if (extreme == 0) {
            return 0;
        }
        double best = 0;
        double gain = 0;
        for (float factor : FACTORS) {
            for (float end : new float[] {book[0], book[book.length - 1]}) {
                error(extreme / (end * factor));
                if (sqq > 0 && sxq * sxq / sqq > gain) {
                    gain = sxq * sxq / sqq;
                    best = sxq / sqq;
                }
            }
        }
        if (best != 0) {
            error((float) best);
            best = sqq > 0 ? sxq / sqq : best;
        }
        return best;
    }

    private int code(float value) {
        int step = (int) (2 * (value - book[0]));
        return nearest[Math.clamp(step, 0, nearest.length - 1)];
    }

    /** The error with the codes that are nearest for this scale; leaves their sums. */
    double error(float scale) {
        float inverse = scale == 0 ? 0 : 1 / scale;
        float xq = 0;
        float qq = 0;
        for (int i = first; i < first + LENGTH; i++) {
            float q = book[code(x[i] * inverse)];
            xq += w[i] * x[i] * q;
            qq += w[i] * q * q;
        }
        sxq = xq;
        sqq = qq;
        return sxx + scale * (scale * sqq - 2 * sxq);
    }

    /** Sum of {@code w*x*q} for the codes of the last {@link #error}. */
    double productSum() {
        return sxq;
    }

    /** Sum of {@code w*q*q} likewise. */
    double squareSum() {
        return sqq;
    }

    /** The float16 near {@link #fit} with the least error. */
    float fitHalf() {
        float best = Halves.round(fit());
        double least = error(best);
        for (int round = 0; round < 2; round++) {
            float now = sqq > 0 ? Halves.round(sxq / sqq) : best;
            double error = error(now);
            if (error < least) {
                least = error;
                best = now;
            }
        }
        return best;
    }

    void codes(float scale, byte[] codes, int at) {
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < LENGTH; i++) {
            codes[at + i] = (byte) code(x[first + i] * inverse);
        }
    }
}

package moka.quantize.search;

import java.util.Arrays;

/**
 * The weighted sums from which scales follow by least squares, for many groups at once. A group is a run of elements that share a scale;
 * each group is a lane: element {@code j} of all groups lies together, so that the loops over lanes become vector instructions.
 *
 * <p>For codes {@code q} of a group with values {@code x} and weights {@code w}, the error of {@code s*q + b} is
 *
 * <pre>  Sxx - 2s*Sxq - 2b*Sx + s²*Sqq + 2sb*Sq + b²*Sw </pre>
 *
 * so that one pass over the elements tells the error of every scale and offset for these codes. Not thread-safe.
 */
final class GroupSums {
    final int length;
    final int capacity;

    /** {@code [length][capacity]} values and weights. */
    final float[][] x;

    final float[][] w;

    /** Sums that do not depend on codes: of weights, of weighted values, of weighted squares; the extremes. */
    final float[] sw;

    final float[] sx;
    final float[] sxx;
    final float[] smallest;
    final float[] largest;

    /** Sums over the codes of the last {@link #measure}: weighted codes, their squares, their products with the values. */
    final float[] sq;

    final float[] sqq;
    final float[] sxq;

    /** Lanes in use. */
    int lanes;

    GroupSums(int length, int capacity) {
        this.length = length;
        this.capacity = capacity;
        this.x = new float[length][capacity];
        this.w = new float[length][capacity];
        this.sw = new float[capacity];
        this.sx = new float[capacity];
        this.sxx = new float[capacity];
        this.smallest = new float[capacity];
        this.largest = new float[capacity];
        this.sq = new float[capacity];
        this.sqq = new float[capacity];
        this.sxq = new float[capacity];
    }

    /** Takes {@code lanes} groups that follow each other. */
    void load(float[] values, float[] weights, int offset, int lanes) {
        this.lanes = lanes;
        for (int lane = 0; lane < lanes; lane++) {
            int first = offset + lane * length;
            for (int j = 0; j < length; j++) {
                x[j][lane] = values[first + j];
                w[j][lane] = weights[first + j];
            }
        }
        for (float[] sum : new float[][] {sw, sx, sxx}) {
            Arrays.fill(sum, 0, lanes, 0);
        }
        System.arraycopy(x[0], 0, smallest, 0, lanes);
        System.arraycopy(x[0], 0, largest, 0, lanes);
        for (int j = 0; j < length; j++) {
            addTotals(x[j], w[j], sw, sx, sxx, lanes);
            widen(x[j], smallest, largest, lanes);
        }
    }

    /**
     * Gives each element the code {@code lowest + clamp(trunc(x * inverse + shift), 0, range)} and sums.
     *
     * @param inverse one over the scale, for each lane
     * @param shift minus the offset over the scale, minus the lowest code, plus 0.5 to round
     */
    void measure(float[] inverse, float[] shift, int lowest, int range) {
        Arrays.fill(sq, 0, lanes, 0);
        Arrays.fill(sqq, 0, lanes, 0);
        Arrays.fill(sxq, 0, lanes, 0);
        for (int j = 0; j < length; j++) {
            addCodes(x[j], w[j], inverse, shift, sq, sqq, sxq, lanes, lowest, range);
        }
    }

    /** The codes less the lowest, {@code [lane][length]}. */
    void codes(float[] inverse, float[] shift, int range, byte[] codes) {
        for (int j = 0; j < length; j++) {
            float[] values = x[j];
            for (int lane = 0; lane < lanes; lane++) {
                int code = Math.min(Math.max((int) (values[lane] * inverse[lane] + shift[lane]), 0), range);
                codes[lane * length + j] = (byte) code;
            }
        }
    }

    /** The error of {@code scale * code + offset} with the codes of the last {@link #measure}. */
    double error(int lane, double scale, double offset) {
        return sxx[lane]
                + scale * (scale * sqq[lane] - 2 * sxq[lane])
                + offset * (offset * sw[lane] + 2 * (scale * sq[lane] - sx[lane]));
    }

    // All arrays are read and written at the loop's own index only: C2 then needs no proof that they differ, and vectorises.

    private static void addTotals(float[] x, float[] w, float[] sw, float[] sx, float[] sxx, int lanes) {
        for (int i = 0; i < lanes; i++) {
            float weighted = w[i] * x[i];
            sw[i] += w[i];
            sx[i] += weighted;
            sxx[i] += weighted * x[i];
        }
    }

    private static void widen(float[] x, float[] smallest, float[] largest, int lanes) {
        for (int i = 0; i < lanes; i++) {
            smallest[i] = Math.min(smallest[i], x[i]);
            largest[i] = Math.max(largest[i], x[i]);
        }
    }

    private static void addCodes(
            float[] x,
            float[] w,
            float[] inverse,
            float[] shift,
            float[] sq,
            float[] sqq,
            float[] sxq,
            int lanes,
            int lowest,
            int range) {
        for (int i = 0; i < lanes; i++) {
            float q = Math.min(Math.max((int) (x[i] * inverse[i] + shift[i]), 0), range) + lowest;
            float weighted = w[i] * q;
            sq[i] += weighted;
            sqq[i] += weighted * q;
            sxq[i] += weighted * x[i];
        }
    }
}

package moka.quantize.search;

import java.util.Arrays;
import java.util.List;

/**
 * Super-blocks of 256 whose elements are points of a codebook, with signs or a shift, times a small odd integer a group, times {@code d}: the
 * IQ1, IQ2 and IQ3 types.
 *
 * <p>The search: (1) for each group the best real scale over a ladder, by least squares on the points nearest at each rung; (2) {@code d} from
 * the largest, at several starts; (3) descent: each group takes the best of the neighbouring integers with its own points, then
 * {@code d} is fitted to all. Where only an even number of signs can be stored and there is an odd one, the element that suffers least has
 * the wrong sign.
 */
final class LatticeSuperBlocks {
    enum Signs {
        /** Signs are part of the points. */
        NONE,
        /** One bit an element. */
        FREE,
        /** Seven bits for eight elements. */
        EVEN
    }

    /**
     * What a type's blocks can hold.
     *
     * @param choices codebooks, of which each choice takes one
     * @param choiceLength elements for which one choice is made
     * @param groupLength elements that share a scale
     * @param scaleCount scales are the odd integers {@code 2s + 1} for {@code s} below this
     * @param unit factor of all values
     */
    record Shape(List<Lattice> choices, int choiceLength, int groupLength, Signs signs, int scaleCount, float unit) {
        int groups() {
            return 256 / groupLength;
        }

        int dimensions() {
            return choices.getFirst().dimensions;
        }
    }

    /** How much to search. @param factors ranges tried @param starts for d @param rounds of descent */
    record Effort(float[] factors, float[] starts, int rounds) {}

    private final Shape shape;
    private final Effort effort;

    /** Magnitudes (or values, where signs are part of the points) and weights of the block. */
    private final float[] x = new float[256];

    private final float[] w = new float[256];

    /** The eight signs of each run of eight, a set bit for negative. */
    final int[] signs = new int[32];

    private final double[] realScale;
    private final int[] tried;
    private final double[] sxq;
    private final double[] sqq;
    private final double[] sxx;

    /** The result: {@code d}, the integers {@code s}, and for each vector its choice and its point. */
    float d;

    final int[] scale;
    final int[] point;
    final int[] choice;

    private final int[] scratchPoint;
    private double sumXq;
    private double sumQq;

    LatticeSuperBlocks(Shape shape, Effort effort) {
        this.shape = shape;
        this.effort = effort;
        int groups = shape.groups();
        realScale = new double[groups];
        tried = new int[groups];
        sxq = new double[groups];
        sqq = new double[groups];
        sxx = new double[groups];
        scale = new int[groups];
        point = new int[256 / shape.dimensions()];
        choice = new int[point.length];
        scratchPoint = new int[point.length];
    }

    /** Searches for the best {@link #d}, {@link #scale}, {@link #point}, {@link #choice} and {@link #signs}. */
    void search(float[] values, float[] weights, int offset) {
        load(values, weights, offset);
        double largest = 0;
        for (int group = 0; group < realScale.length; group++) {
            fit(group);
            largest = Math.max(largest, realScale[group]);
        }
        d = 0;
        Arrays.fill(scale, 0);
        double least = Double.POSITIVE_INFINITY;
        for (float start : effort.starts) {
            float now = Halves.round(largest * start / (shape.unit * (2 * shape.scaleCount - 1)));
            for (int group = 0; group < tried.length; group++) {
                tried[group] = now == 0 ? 0 : nearestInteger(realScale[group] / (now * shape.unit));
            }
            for (int round = 0; round < effort.rounds && now != 0; round++) {
                double error = descend(now);
                if (error < least) {
                    least = error;
                    d = now;
                    System.arraycopy(tried, 0, scale, 0, tried.length);
                }
                float next = fitD();
                if (next == now && round > 0) {
                    break;
                }
                now = next;
            }
        }
        double size = 0;
        double projection = 0;
        for (int group = 0; group < scale.length; group++) {
            float s = d * shape.unit * (2 * scale[group] + 1);
            if (s == 0) {
                Arrays.fill(point, 0);
                Arrays.fill(choice, 0);
            } else {
                evaluate(group, s, true);
                size += sxx[group];
                projection += s * sumXq;
            }
        }
        undoShrinking(size, projection);
    }

    /**
     * The least squared error shrinks: what is stored is about 5 % smaller than the values at two bits, and so are all outputs, which costs more than the
     * error that it saves. So d is enlarged until the values' projection on what is stored is their size (on pebble KL divergence falls by a fifth at 2.8 bits a weight).
     */
    private void undoShrinking(double size, double projection) {
        if (projection > 0) {
            d = Halves.round(d * Math.clamp(size / projection, 1, 1.2));
        }
    }

    private void load(float[] values, float[] weights, int offset) {
        System.arraycopy(weights, offset, w, 0, 256);
        for (int e = 0; e < 32; e++) {
            int bits = 0;
            int least = 8 * e;
            for (int i = 8 * e; i < 8 * e + 8; i++) {
                float value = values[offset + i];
                if (shape.signs == Signs.NONE) {
                    x[i] = value;
                    continue;
                }
                x[i] = Math.abs(value);
                bits |= value < 0 ? 1 << i % 8 : 0;
                if (w[i] * x[i] < w[least] * x[least]) {
                    least = i;
                }
            }
            if (shape.signs == Signs.EVEN && Integer.bitCount(bits) % 2 == 1) {
                bits ^= 1 << least % 8;
                x[least] = -x[least];
            }
            signs[e] = bits;
        }
        for (int group = 0; group < sxx.length; group++) {
            double sum = 0;
            for (int i = group * shape.groupLength; i < (group + 1) * shape.groupLength; i++) {
                sum += (double) w[i] * x[i] * x[i];
            }
            sxx[group] = sum;
        }
    }

    /** The real scale of a group with the largest gain {@code sxq²/sqq}. */
    private void fit(int group) {
        realScale[group] = 0;
        float largest = 0;
        for (int i = group * shape.groupLength; i < (group + 1) * shape.groupLength; i++) {
            largest = Math.max(largest, Math.abs(x[i]));
        }
        if (largest == 0) {
            return;
        }
        float top = 0;
        for (float value : shape.choices.getFirst().points) {
            top = Math.max(top, Math.abs(value));
        }
        double gain = 0;
        for (float factor : effort.factors) {
            evaluate(group, largest * factor / top, false);
            if (sumQq > 0 && sumXq > 0 && sumXq * sumXq / sumQq > gain) {
                gain = sumXq * sumXq / sumQq;
                realScale[group] = sumXq / sumQq;
            }
        }
        if (realScale[group] > 0) {
            evaluate(group, (float) realScale[group], false);
            if (sumQq > 0 && sumXq > 0 && sumXq * sumXq / sumQq > gain) {
                realScale[group] = sumXq / sumQq;
            }
        }
    }

    private int nearestInteger(double ratio) {
        return Math.clamp(Math.round((ratio - 1) / 2), 0, shape.scaleCount - 1);
    }

    /** Moves each group to the best of the neighbouring integers; returns the error of all. */
    private double descend(float now) {
        double total = 0;
        for (int group = 0; group < tried.length; group++) {
            int present = tried[group];
            double least = Double.POSITIVE_INFINITY;
            for (int s = Math.max(0, present - 1); s <= Math.min(shape.scaleCount - 1, present + 1); s++) {
                double error = evaluate(group, now * shape.unit * (2 * s + 1), false);
                if (error < least) {
                    least = error;
                    tried[group] = s;
                    sxq[group] = sumXq;
                    sqq[group] = sumQq;
                }
            }
            total += least;
        }
        return total;
    }

    /** The best d for the points of the last descent. */
    private float fitD() {
        double aa = 0;
        double ax = 0;
        for (int group = 0; group < tried.length; group++) {
            double factor = shape.unit * (2 * tried[group] + 1);
            aa += factor * factor * sqq[group];
            ax += factor * sxq[group];
        }
        return aa > 0 ? Halves.round(Math.max(0, ax / aa)) : 0;
    }

    /** Chooses the points of a group at a scale; the error, and the sums of {@code w*x*q} and {@code w*q*q}. */
    private double evaluate(int group, float s, boolean keep) {
        double error = sxx[group];
        sumXq = 0;
        sumQq = 0;
        int dimensions = shape.dimensions();
        for (int first = group * shape.groupLength; first < (group + 1) * shape.groupLength; first += shape.choiceLength) {
            double best = Double.POSITIVE_INFINITY;
            double bestXq = 0;
            double bestQq = 0;
            for (int i = 0; i < shape.choices.size(); i++) {
                Lattice lattice = shape.choices.get(i);
                double xq = 0;
                double qq = 0;
                for (int at = first; at < first + shape.choiceLength; at += dimensions) {
                    int nearest = lattice.nearest(x, w, at, s);
                    scratchPoint[at / dimensions] = nearest;
                    float vectorXq = 0;
                    float vectorQq = 0;
                    for (int j = 0; j < dimensions; j++) {
                        float q = lattice.points[nearest * dimensions + j];
                        vectorXq += w[at + j] * x[at + j] * q;
                        vectorQq += w[at + j] * q * q;
                    }
                    xq += vectorXq;
                    qq += vectorQq;
                }
                double change = s * (s * qq - 2 * xq);
                if (change < best) {
                    best = change;
                    bestXq = xq;
                    bestQq = qq;
                    if (keep) {
                        for (int v = first / dimensions; v < (first + shape.choiceLength) / dimensions; v++) {
                            point[v] = scratchPoint[v];
                            choice[v] = i;
                        }
                    }
                }
            }
            error += best;
            sumXq += bestXq;
            sumQq += bestQq;
        }
        return error;
    }
}

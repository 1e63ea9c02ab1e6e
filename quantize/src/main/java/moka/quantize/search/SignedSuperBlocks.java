package moka.quantize.search;

import java.util.Arrays;

/**
 * Super-blocks of 256 in groups of 16 with a signed integer scale and codes around zero: {@code x = d*scale*q}. Q3_K and Q6_K. The search
 * goes as in {@link AffineSuperBlocks}, with one unknown a group instead of two.
 */
final class SignedSuperBlocks {
    static final int GROUP = 16;
    static final int GROUPS = 256 / GROUP;

    /**
     * What a type's blocks can hold.
     *
     * @param codes codes go from {@code -codes} to {@code codes - 1}
     * @param scales scales go from {@code -scales} to {@code scales - 1}
     */
    record Shape(int codes, int scales) {}

    /**
     * How much to search.
     *
     * @param factors ranges tried
     * @param refinements of each group
     * @param starts for d
     * @param rounds of descent
     * @param polishes rounds in which the neighbours of the best integers are tried, each with its own codes
     */
    record Effort(float[] factors, int refinements, float[] starts, int rounds, int polishes) {}

    private final Shape shape;
    private final Effort effort;
    private final GroupSums sums;
    private final float[] inverse;
    private final float[] shift;
    private final double[] realScale;
    private final double[] realGain;
    private final double[] polishedError;
    private final int[] polishedScale;
    private final Parameters tried;
    final Parameters best;

    /** Scales of super-blocks and groups. */
    static final class Parameters {
        final float[] d;
        final int[] scale;
        final double[] error;

        Parameters(int blocks) {
            d = new float[blocks];
            scale = new int[blocks * GROUPS];
            error = new double[blocks];
        }
    }

    SignedSuperBlocks(Shape shape, Effort effort, int capacity) {
        this.shape = shape;
        this.effort = effort;
        int lanes = capacity * GROUPS;
        sums = new GroupSums(GROUP, lanes);
        inverse = new float[lanes];
        shift = new float[lanes];
        realScale = new double[lanes];
        realGain = new double[lanes];
        polishedError = new double[lanes];
        polishedScale = new int[lanes];
        tried = new Parameters(capacity);
        best = new Parameters(capacity);
    }

    /** Searches for {@link #best}, then gives the codes, shifted so that the lowest is 0. */
    void search(float[] values, float[] weights, int offset, int blocks, byte[] codes) {
        sums.load(values, weights, offset, blocks * GROUPS);
        fitGroups();
        Arrays.fill(best.error, 0, blocks, Double.POSITIVE_INFINITY);
        for (float start : effort.starts) {
            begin(blocks, start);
            for (int round = 0; round < effort.rounds; round++) {
                descend(blocks, round + 1 < effort.rounds);
            }
        }
        for (int i = 0; i < effort.polishes; i++) {
            polish(blocks);
        }
        prepare(best, blocks);
        sums.codes(inverse, shift, 2 * shape.codes - 1, codes);
    }

    /** Takes for each group the best of the neighbouring integers, each judged with its own codes; then the best d. */
    private void polish(int blocks) {
        int lanes = blocks * GROUPS;
        Arrays.fill(polishedError, 0, lanes, Double.POSITIVE_INFINITY);
        System.arraycopy(best.d, 0, tried.d, 0, blocks);
        for (int step = -1; step <= 1; step++) {
            for (int lane = 0; lane < lanes; lane++) {
                tried.scale[lane] = limit(best.scale[lane] + step);
            }
            prepare(tried, blocks);
            measure();
            for (int lane = 0; lane < lanes; lane++) {
                double error = sums.error(lane, tried.d[lane / GROUPS] * tried.scale[lane], 0);
                if (error < polishedError[lane]) {
                    polishedError[lane] = error;
                    polishedScale[lane] = tried.scale[lane];
                }
            }
        }
        System.arraycopy(polishedScale, 0, tried.scale, 0, lanes);
        descend(blocks, true);
        descend(blocks, false);
    }

    private void measure() {
        sums.measure(inverse, shift, -shape.codes, 2 * shape.codes - 1);
    }

    private void fitGroups() {
        int lanes = sums.lanes;
        Arrays.fill(realScale, 0, lanes, 0);
        Arrays.fill(realGain, 0, lanes, 0);
        Arrays.fill(shift, 0, lanes, shape.codes + 0.5f);
        for (float factor : effort.factors) {
            // The extreme on the side of -codes, where there is one code more; then on the other.
            fitRange(lanes, -factor);
            if (shape.codes <= 8) {
                fitRange(lanes, factor);
            }
        }
        for (int i = 0; i < effort.refinements; i++) {
            for (int lane = 0; lane < lanes; lane++) {
                inverse[lane] = realScale[lane] == 0 ? 0 : (float) (1 / realScale[lane]);
            }
            measure();
            takeBetterFits(lanes);
        }
    }

    private void fitRange(int lanes, float factor) {
        for (int lane = 0; lane < lanes; lane++) {
            float extreme = -sums.smallest[lane] > sums.largest[lane] ? sums.smallest[lane] : sums.largest[lane];
            inverse[lane] = extreme == 0 ? 0 : shape.codes * factor / extreme;
        }
        measure();
        takeBetterFits(lanes);
    }

    private void takeBetterFits(int lanes) {
        for (int lane = 0; lane < lanes; lane++) {
            double gain = sums.sqq[lane] > 0 ? (double) sums.sxq[lane] * sums.sxq[lane] / sums.sqq[lane] : 0;
            if (gain > realGain[lane]) {
                realGain[lane] = gain;
                realScale[lane] = (double) sums.sxq[lane] / sums.sqq[lane];
            }
        }
    }

    /** First integers: the largest scale of a super-block becomes {@code start} times the largest integer, on the negative side. */
    private void begin(int blocks, float start) {
        for (int block = 0; block < blocks; block++) {
            double extreme = 0;
            for (int lane = block * GROUPS; lane < (block + 1) * GROUPS; lane++) {
                if (Math.abs(realScale[lane]) > Math.abs(extreme)) {
                    extreme = realScale[lane];
                }
            }
            float d = Halves.round(-extreme / (start * shape.scales));
            tried.d[block] = d;
            for (int lane = block * GROUPS; lane < (block + 1) * GROUPS; lane++) {
                tried.scale[lane] = d == 0 ? 0 : limit(Math.round(realScale[lane] / d));
            }
        }
    }

    private int limit(long scale) {
        return Math.clamp(scale, -shape.scales, shape.scales - 1);
    }

    private void prepare(Parameters parameters, int blocks) {
        for (int lane = 0; lane < blocks * GROUPS; lane++) {
            float scale = parameters.d[lane / GROUPS] * parameters.scale[lane];
            inverse[lane] = scale == 0 ? 0 : 1 / scale;
            shift[lane] = shape.codes + 0.5f;
        }
    }

    private void descend(int blocks, boolean improve) {
        prepare(tried, blocks);
        measure();
        for (int block = 0; block < blocks; block++) {
            keepIfBest(block);
            if (improve) {
                improve(block);
            }
        }
    }

    private void keepIfBest(int block) {
        int first = block * GROUPS;
        double error = 0;
        for (int lane = first; lane < first + GROUPS; lane++) {
            error += sums.error(lane, tried.d[block] * tried.scale[lane], 0);
        }
        if (error < best.error[block]) {
            best.error[block] = error;
            best.d[block] = tried.d[block];
            System.arraycopy(tried.scale, first, best.scale, first, GROUPS);
        }
    }

    /** The best integers for the codes as they are, then the best d for both. */
    private void improve(int block) {
        double d = tried.d[block];
        double aa = 0;
        double ax = 0;
        for (int lane = block * GROUPS; lane < (block + 1) * GROUPS; lane++) {
            if (d != 0 && sums.sqq[lane] > 0) {
                tried.scale[lane] = limit(Math.round(sums.sxq[lane] / (sums.sqq[lane] * d)));
            }
            double scale = tried.scale[lane];
            aa += scale * scale * sums.sqq[lane];
            ax += scale * sums.sxq[lane];
        }
        if (aa > 0) {
            tried.d[block] = Halves.round(ax / aa);
        }
    }
}

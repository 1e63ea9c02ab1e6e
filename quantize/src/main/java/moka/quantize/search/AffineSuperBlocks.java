package moka.quantize.search;

import java.util.Arrays;

/**
 * Super-blocks of 256 whose groups have a scale and a minimum, both small integers: {@code x = d*scale*q - dmin*minimum}. Q2_K, Q4_K and
 * Q5_K.
 *
 * <p>The search: (1) for each group the best real scale and offset, over a ladder of ranges, by least squares, then refined with the codes
 * that follow from them; (2) from these the super-block's {@code d} and {@code dmin}, at several starts; (3) coordinate descent, in which
 * codes, integers and {@code d} and {@code dmin} take turns, each the best for what the others are; (4) the best of all is kept. Every
 * step is a pass over the elements of many super-blocks at once.
 */
final class AffineSuperBlocks {
    /** What a type's blocks can hold. @param largestCode of an element @param largestScale also of a minimum */
    record Shape(int groupLength, int largestCode, int largestScale) {
        int groups() {
            return 256 / groupLength;
        }
    }

    private final Shape shape;
    private final Effort effort;
    final GroupSums sums;
    private final float[] inverse;
    private final float[] shift;

    // The best real scale and offset of each group.
    private final double[] realScale;
    private final double[] realOffset;
    private final double[] realError;

    private final int[] polishedScale;
    private final int[] polishedMinimum;

    // What is tried, and the best so far.
    private final Parameters tried;
    final Parameters best;

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

    /** Steps to the neighbours of a scale and a minimum. */
    private static final int[][] STEPS = {{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, 1}};

    /** Scales of super-blocks and groups. */
    static final class Parameters {
        final float[] d;
        final float[] dmin;
        final int[] scale;
        final int[] minimum;
        final double[] error;

        Parameters(int blocks, int groups) {
            d = new float[blocks];
            dmin = new float[blocks];
            scale = new int[blocks * groups];
            minimum = new int[blocks * groups];
            error = new double[blocks];
        }
    }

    AffineSuperBlocks(Shape shape, Effort effort, int capacity) {
        this.shape = shape;
        this.effort = effort;
        int lanes = capacity * shape.groups();
        sums = new GroupSums(shape.groupLength, lanes);
        inverse = new float[lanes];
        shift = new float[lanes];
        realScale = new double[lanes];
        realOffset = new double[lanes];
        realError = new double[lanes];
        polishedScale = new int[lanes];
        polishedMinimum = new int[lanes];
        tried = new Parameters(capacity, shape.groups());
        best = new Parameters(capacity, shape.groups());
    }

    /** Searches for {@link #best}, then gives the codes. */
    void search(float[] values, float[] weights, int offset, int blocks, byte[] codes) {
        sums.load(values, weights, offset, blocks * shape.groups());
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
        sums.codes(inverse, shift, shape.largestCode, codes);
    }

    /** Takes for each group the best of the neighbouring integers, each judged with its own codes; then the best d and dmin. */
    private void polish(int blocks) {
        int groups = shape.groups();
        int lanes = blocks * groups;
        Arrays.fill(realError, 0, lanes, Double.POSITIVE_INFINITY);
        System.arraycopy(best.d, 0, tried.d, 0, blocks);
        System.arraycopy(best.dmin, 0, tried.dmin, 0, blocks);
        for (int[] step : STEPS) {
            for (int lane = 0; lane < lanes; lane++) {
                tried.scale[lane] = limit(best.scale[lane] + step[0]);
                tried.minimum[lane] = limit(best.minimum[lane] + step[1]);
            }
            prepare(tried, blocks);
            sums.measure(inverse, shift, 0, shape.largestCode);
            for (int lane = 0; lane < lanes; lane++) {
                int block = lane / groups;
                double error = sums.error(
                        lane, tried.d[block] * tried.scale[lane], -tried.dmin[block] * tried.minimum[lane]);
                if (error < realError[lane]) {
                    realError[lane] = error;
                    polishedScale[lane] = tried.scale[lane];
                    polishedMinimum[lane] = tried.minimum[lane];
                }
            }
        }
        System.arraycopy(polishedScale, 0, tried.scale, 0, lanes);
        System.arraycopy(polishedMinimum, 0, tried.minimum, 0, lanes);
        measureTried(blocks);
        for (int block = 0; block < blocks; block++) {
            keepIfBest(block);
            improveScales(block);
        }
        measureTried(blocks);
        for (int block = 0; block < blocks; block++) {
            keepIfBest(block);
        }
    }

    private void measureTried(int blocks) {
        prepare(tried, blocks);
        sums.measure(inverse, shift, 0, shape.largestCode);
    }

    private void fitGroups() {
        int lanes = sums.lanes;
        for (int lane = 0; lane < lanes; lane++) {
            realScale[lane] = 0;
            realOffset[lane] = Math.min(0, sums.sx[lane] / sums.sw[lane]);
            realError[lane] = sums.sxx[lane] - realOffset[lane] * (2.0 * sums.sx[lane] - realOffset[lane] * sums.sw[lane]);
        }
        for (float factor : effort.factors) {
            for (int lane = 0; lane < lanes; lane++) {
                float low = Math.min(sums.smallest[lane], 0);
                float range = Math.max(sums.largest[lane] - low, 0);
                inverse[lane] = range > 0 ? shape.largestCode * factor / range : 0;
                shift[lane] = 0.5f - low * inverse[lane];
            }
            sums.measure(inverse, shift, 0, shape.largestCode);
            takeBetterFits(lanes);
        }
        for (int i = 0; i < effort.refinements; i++) {
            for (int lane = 0; lane < lanes; lane++) {
                inverse[lane] = realScale[lane] > 0 ? (float) (1 / realScale[lane]) : 0;
                shift[lane] = (float) (0.5 - realOffset[lane] * inverse[lane]);
            }
            sums.measure(inverse, shift, 0, shape.largestCode);
            takeBetterFits(lanes);
        }
    }

    /** Least squares for scale and offset, the offset not above 0. */
    private void takeBetterFits(int lanes) {
        for (int lane = 0; lane < lanes; lane++) {
            double sw = sums.sw[lane];
            double sx = sums.sx[lane];
            double sq = sums.sq[lane];
            double sqq = sums.sqq[lane];
            double sxq = sums.sxq[lane];
            double determinant = sw * sqq - sq * sq;
            if (sqq <= 0) {
                continue;
            }
            // Where all codes are the same only one unknown can be told.
            boolean oneUnknown = determinant <= 1e-7 * sw * sqq;
            double scale = oneUnknown ? 0 : (sw * sxq - sx * sq) / determinant;
            double offset = oneUnknown ? 0 : (sqq * sx - sq * sxq) / determinant;
            if (oneUnknown || offset > 0) {
                offset = 0;
                scale = sxq / sqq;
            }
            double error = sums.error(lane, scale, offset);
            if (scale > 0 && error < realError[lane]) {
                realScale[lane] = scale;
                realOffset[lane] = offset;
                realError[lane] = error;
            }
        }
    }

    /** First integers: the largest scale of a super-block becomes {@code start} times the largest integer. */
    private void begin(int blocks, float start) {
        int groups = shape.groups();
        for (int block = 0; block < blocks; block++) {
            double scale = 0;
            double minimum = 0;
            for (int lane = block * groups; lane < (block + 1) * groups; lane++) {
                scale = Math.max(scale, realScale[lane]);
                minimum = Math.max(minimum, -realOffset[lane]);
            }
            float d = Halves.round(scale / (start * shape.largestScale));
            float dmin = Halves.round(minimum / (start * shape.largestScale));
            tried.d[block] = d;
            tried.dmin[block] = dmin;
            for (int lane = block * groups; lane < (block + 1) * groups; lane++) {
                tried.scale[lane] = d == 0 ? 0 : limit(Math.round(realScale[lane] / d));
                tried.minimum[lane] = dmin == 0 ? 0 : limit(Math.round(-realOffset[lane] / dmin));
            }
        }
    }

    private int limit(long scale) {
        return Math.clamp(scale, 0, shape.largestScale);
    }

    private void prepare(Parameters parameters, int blocks) {
        int groups = shape.groups();
        for (int lane = 0; lane < blocks * groups; lane++) {
            float scale = parameters.d[lane / groups] * parameters.scale[lane];
            float offset = -parameters.dmin[lane / groups] * parameters.minimum[lane];
            inverse[lane] = scale > 0 ? 1 / scale : 0;
            shift[lane] = 0.5f - offset * inverse[lane];
        }
    }

    /** Measures what is tried, keeps it where it is the best, and improves it. */
    private void descend(int blocks, boolean improve) {
        measureTried(blocks);
        for (int block = 0; block < blocks; block++) {
            keepIfBest(block);
            if (improve) {
                improveIntegers(block);
                improveScales(block);
            }
        }
    }

    private void keepIfBest(int block) {
        int first = block * shape.groups();
        int end = first + shape.groups();
        double error = 0;
        for (int lane = first; lane < end; lane++) {
            error += sums.error(lane, tried.d[block] * tried.scale[lane], -tried.dmin[block] * tried.minimum[lane]);
        }
        if (error < best.error[block]) {
            best.error[block] = error;
            best.d[block] = tried.d[block];
            best.dmin[block] = tried.dmin[block];
            System.arraycopy(tried.scale, first, best.scale, first, end - first);
            System.arraycopy(tried.minimum, first, best.minimum, first, end - first);
        }
    }

    /** For each group the best pair of integers near the present one, the codes as they are. */
    private void improveIntegers(int block) {
        double d = tried.d[block];
        double dmin = tried.dmin[block];
        for (int lane = block * shape.groups(); lane < (block + 1) * shape.groups(); lane++) {
            if (d == 0 || sums.sqq[lane] <= 0) {
                continue;
            }
            int present = tried.minimum[lane];
            double least = Double.POSITIVE_INFINITY;
            for (int minimum = Math.max(present - 1, 0); minimum <= Math.min(present + 1, shape.largestScale); minimum++) {
                double offset = -dmin * minimum;
                int scale = limit(Math.round((sums.sxq[lane] - offset * sums.sq[lane]) / (sums.sqq[lane] * d)));
                double error = sums.error(lane, d * scale, offset);
                if (error < least) {
                    least = error;
                    tried.scale[lane] = scale;
                    tried.minimum[lane] = minimum;
                }
                if (dmin == 0) {
                    break;
                }
            }
        }
    }

    /** The best d and dmin, codes and integers as they are: least squares in two unknowns. */
    private void improveScales(int block) {
        double aa = 0;
        double ab = 0;
        double bb = 0;
        double ax = 0;
        double bx = 0;
        for (int lane = block * shape.groups(); lane < (block + 1) * shape.groups(); lane++) {
            double scale = tried.scale[lane];
            double minimum = tried.minimum[lane];
            aa += scale * scale * sums.sqq[lane];
            ab += scale * minimum * sums.sq[lane];
            bb += minimum * minimum * sums.sw[lane];
            ax += scale * sums.sxq[lane];
            bx += minimum * sums.sx[lane];
        }
        double determinant = aa * bb - ab * ab;
        if (determinant > 1e-9 * aa * bb) {
            double d = (ax * bb - bx * ab) / determinant;
            double dmin = (ax * ab - bx * aa) / determinant;
            if (d > 0 && dmin >= 0) {
                tried.d[block] = Halves.round(d);
                tried.dmin[block] = Halves.round(dmin);
                return;
            }
        }
        if (aa > 0) {
            tried.d[block] = Halves.round(Math.max(0, (ax + tried.dmin[block] * ab) / aa));
        }
    }
}

package moka.quantize.search;

import java.util.Arrays;

/** Q4_1 and Q5_1: 32 elements {@code d*q + m}, both float16. The search: least squares over a ladder of ranges, then in turns with the codes. */
final class AffineBlocks {
    private static final int LENGTH = 32;
    private static final int BATCH = 64;
    private static final float[] FACTORS = {0.9f, 0.95f, 1f, 1.04f, 1.08f, 1.12f, 1.17f, 1.23f, 1.3f};
    private static final int REFINEMENTS = 3;

    private final int largestCode;
    private final GroupSums sums = new GroupSums(LENGTH, BATCH);
    private final float[] inverse = new float[BATCH];
    private final float[] shift = new float[BATCH];
    private final float[] triedScale = new float[BATCH];
    private final float[] triedOffset = new float[BATCH];
    private final float[] scale = new float[BATCH];
    private final float[] offset = new float[BATCH];
    private final double[] least = new double[BATCH];

    AffineBlocks(int largestCode) {
        this.largestCode = largestCode;
    }

    static BlockQuantizer q4_1() {
        return quantizer(15, 20, CodebookQuantizers::packNibblesOf);
    }

    static BlockQuantizer q5_1() {
        return quantizer(31, 24, (codes, first, target, at) -> {
            for (int k = 0; k < 4; k++) {
                int bits = 0;
                for (int i = 0; i < 8; i++) {
                    bits |= (codes[first + 8 * k + i] >> 4 & 1) << i;
                }
                target[at + k] = (byte) bits;
            }
            CodebookQuantizers.packNibblesOf(codes, first, target, at + 4);
        });
    }

    private interface Packer {
        void pack(byte[] codes, int first, byte[] target, int at);
    }

    private static BlockQuantizer quantizer(int largestCode, int blockBytes, Packer packer) {
        var search = new AffineBlocks(largestCode);
        byte[] codes = new byte[BATCH * LENGTH];
        return (values, weights, start, blocks, target, targetOffset) -> {
            for (int first = 0; first < blocks; first += BATCH) {
                int count = Math.min(BATCH, blocks - first);
                search.search(values, weights, start + LENGTH * first, count, codes);
                for (int i = 0; i < count; i++) {
                    int at = targetOffset + (first + i) * blockBytes;
                    Halves.put(target, at, search.scale[i]);
                    Halves.put(target, at + 2, search.offset[i]);
                    packer.pack(codes, LENGTH * i, target, at + 4);
                }
            }
        };
    }

    private void search(float[] values, float[] weights, int start, int lanes, byte[] codes) {
        sums.load(values, weights, start, lanes);
        Arrays.fill(least, 0, lanes, Double.POSITIVE_INFINITY);
        for (float factor : FACTORS) {
            for (int lane = 0; lane < lanes; lane++) {
                float range = sums.largest[lane] - sums.smallest[lane];
                float middle = (sums.largest[lane] + sums.smallest[lane]) / 2;
                triedScale[lane] = range / (largestCode * factor);
                triedOffset[lane] = middle - triedScale[lane] * largestCode / 2;
            }
            // The range itself, then what least squares make of its codes, rounded as it will be stored.
            fit(lanes);
            keepBest(lanes);
        }
        System.arraycopy(scale, 0, triedScale, 0, lanes);
        System.arraycopy(offset, 0, triedOffset, 0, lanes);
        for (int i = 0; i < REFINEMENTS; i++) {
            fit(lanes);
            keepBest(lanes);
        }
        prepare(scale, offset, lanes);
        sums.codes(inverse, shift, largestCode, codes);
    }

    private void prepare(float[] scales, float[] offsets, int lanes) {
        for (int lane = 0; lane < lanes; lane++) {
            inverse[lane] = scales[lane] > 0 ? 1 / scales[lane] : 0;
            shift[lane] = 0.5f - offsets[lane] * inverse[lane];
        }
    }

    private void fit(int lanes) {
        prepare(triedScale, triedOffset, lanes);
        sums.measure(inverse, shift, 0, largestCode);
        for (int lane = 0; lane < lanes; lane++) {
            double sw = sums.sw[lane];
            double sq = sums.sq[lane];
            double determinant = sw * sums.sqq[lane] - sq * sq;
            double fitted = 0;
            if (determinant > 1e-7 * sw * sums.sqq[lane]) {
                fitted = (sw * sums.sxq[lane] - sums.sx[lane] * sq) / determinant;
            }
            triedScale[lane] = Halves.round(Math.max(0, fitted));
            triedOffset[lane] = Halves.round((sums.sx[lane] - triedScale[lane] * sq) / sw);
        }
    }

    private void keepBest(int lanes) {
        prepare(triedScale, triedOffset, lanes);
        sums.measure(inverse, shift, 0, largestCode);
        for (int lane = 0; lane < lanes; lane++) {
            double error = sums.error(lane, triedScale[lane], triedOffset[lane]);
            if (error < least[lane]) {
                least[lane] = error;
                scale[lane] = triedScale[lane];
                offset[lane] = triedOffset[lane];
            }
        }
    }
}

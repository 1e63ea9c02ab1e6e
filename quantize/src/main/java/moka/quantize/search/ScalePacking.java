package moka.quantize.search;

/** How the integer scales and minimums of super-blocks lie in their bytes (docs/tensor-types.md). */
final class ScalePacking {
    private ScalePacking() {}

    /** 16 from -32 to 31 in 12 bytes: low halves in 8, the upper two bits in 4. */
    static void q3k(int[] scales, int first, byte[] target, int at) {
        for (int i = 0; i < 12; i++) {
            target[at + i] = 0;
        }
        for (int g = 0; g < 16; g++) {
            int stored = scales[first + g] + 32;
            target[at + g % 8] |= (byte) ((stored & 15) << 4 * (g / 8));
            target[at + 8 + g % 4] |= (byte) (stored >> 4 << 2 * (g / 4));
        }
    }

    /** 16 signed bytes. */
    static void q6k(int[] scales, int first, byte[] target, int at) {
        for (int g = 0; g < 16; g++) {
            target[at + g] = (byte) scales[first + g];
        }
    }

    /** 8 from -32 to 31 in 6 bytes: the upper two bits in 2, low halves in 4. */
    static void iq4xs(int[] scales, int first, byte[] target, int at) {
        int upper = 0;
        for (int g = 0; g < 8; g++) {
            int stored = scales[first + g] + 32;
            upper |= (stored >> 4) << 2 * g;
            int lower = (stored & 15) << 4 * (g % 2);
            target[at + 2 + g / 2] = (byte) (g % 2 == 0 ? lower : target[at + 2 + g / 2] | lower);
        }
        target[at] = (byte) upper;
        target[at + 1] = (byte) (upper >> 8);
    }

    /** 8 scales and 8 minimums of six bits in 12 bytes: the upper two bits of the last four lie above those of the first four. */
    static void sixBitPairs(int[] scales, int[] minimums, int first, byte[] target, int at) {
        for (int g = 0; g < 4; g++) {
            int scale = scales[first + g];
            int minimum = minimums[first + g];
            int upperScale = scales[first + g + 4];
            int upperMinimum = minimums[first + g + 4];
            target[at + g] = (byte) (scale | upperScale >> 4 << 6);
            target[at + 4 + g] = (byte) (minimum | upperMinimum >> 4 << 6);
            target[at + 8 + g] = (byte) (upperScale & 15 | upperMinimum << 4);
        }
    }
}

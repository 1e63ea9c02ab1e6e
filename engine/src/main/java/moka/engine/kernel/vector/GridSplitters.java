package moka.engine.kernel.vector;

import static moka.engine.kernel.vector.CodeWords.f16;
import static moka.engine.kernel.vector.CodeWords.i32;
import static moka.engine.kernel.vector.CodeWords.negate;
import static moka.engine.kernel.vector.CodeWords.pair;
import static moka.engine.kernel.vector.CodeWords.put;
import static moka.engine.kernel.vector.CodeWords.u16;
import static moka.engine.kernel.vector.CodeWords.u8;
import static moka.engine.kernel.vector.CodeWords.word;

import moka.engine.tensor.Codebooks;

/**
 * The types whose codes are entries of a grid: eight or four codes a lookup, signs by a mask of bytes. Layouts: docs/tensor-types.md. Each
 * type is a method that closes over its grid.
 */
final class GridSplitters {
    private static final long[] NEGATIVE = CodeWords.ofBits(8, -1, 0);

    /** Seven signs and the eighth that makes their number even. */
    private static final long[] EVEN_NEGATIVE =
            CodeWords.table(128, i -> NEGATIVE[i | (Integer.bitCount(i) & 1) << 7]);

    private GridSplitters() {}

    static CodeSplitter iq2Xxs() {
        long[] grid = CodeWords.words(Codebooks.iq2xxs(), 8);
        return (w, units, codes, scales, offsets) -> iq2Xxs(grid, w, units, codes, scales);
    }

    private static void iq2Xxs(long[] grid, long w, int units, byte[] codes, float[] scales) {
        for (int u = 0; u < units; u++, w += 66) {
            float d = f16(w);
            for (int g = 0; g < 8; g++) {
                int indices = i32(w + 2 + 8 * g);
                int signs = i32(w + 6 + 8 * g);
                pair(scales, 16 * u + 2 * g, d * ((signs >>> 28) + 0.5f) / 4);
                for (int k = 0; k < 4; k++) {
                    long word = negate(grid[indices >> 8 * k & 255], EVEN_NEGATIVE[signs >> 7 * k & 127]);
                    put(codes, 256 * u + 32 * g + 8 * k, word);
                }
            }
        }
    }

    static CodeSplitter iq2Xs() {
        long[] grid = CodeWords.words(Codebooks.iq2xs(), 8);
        return (w, units, codes, scales, offsets) -> iq2Xs(grid, w, units, codes, scales);
    }

    private static void iq2Xs(long[] grid, long w, int units, byte[] codes, float[] scales) {
        for (int u = 0; u < units; u++, w += 74) {
            nibbleScales(f16(w), w + 66, scales, 16 * u);
            for (int g = 0; g < 8; g++) {
                long four = word(w + 2 + 8 * g);
                for (int k = 0; k < 4; k++) {
                    int q = (int) (four >>> 16 * k) & 0xFFFF;
                    put(codes, 256 * u + 32 * g + 8 * k, negate(grid[q & 511], EVEN_NEGATIVE[q >> 9]));
                }
            }
        }
    }

    private static void nibbleScales(float d, long w, float[] scales, int at) {
        for (int g = 0; g < 8; g++) {
            int both = u8(w + g);
            scales[at + 2 * g] = d * ((both & 15) + 0.5f) / 4;
            scales[at + 2 * g + 1] = d * ((both >> 4) + 0.5f) / 4;
        }
    }

    static CodeSplitter iq2S() {
        long[] grid = CodeWords.words(Codebooks.iq2s(), 8);
        return (w, units, codes, scales, offsets) -> iq2S(grid, w, units, codes, scales);
    }

    private static void iq2S(long[] grid, long w, int units, byte[] codes, float[] scales) {
        for (int u = 0; u < units; u++, w += 82) {
            nibbleScales(f16(w), w + 74, scales, 16 * u);
            for (int g = 0; g < 8; g++) {
                int lower = i32(w + 2 + 4 * g);
                int upper = u8(w + 66 + g);
                int signs = i32(w + 34 + 4 * g);
                for (int k = 0; k < 4; k++) {
                    int index = lower >> 8 * k & 255 | (upper >> 2 * k & 3) << 8;
                    put(codes, 256 * u + 32 * g + 8 * k, negate(grid[index], NEGATIVE[signs >> 8 * k & 255]));
                }
            }
        }
    }

    static CodeSplitter iq3Xxs() {
        long[] grid = CodeWords.words(Codebooks.iq3xxs(), 4);
        return (w, units, codes, scales, offsets) -> iq3Xxs(grid, w, units, codes, scales);
    }

    private static void iq3Xxs(long[] grid, long w, int units, byte[] codes, float[] scales) {
        for (int u = 0; u < units; u++, w += 98) {
            float d = f16(w);
            for (int g = 0; g < 8; g++) {
                int signs = i32(w + 66 + 4 * g);
                pair(scales, 16 * u + 2 * g, d * ((signs >>> 28) + 0.5f) / 2);
                long indices = word(w + 2 + 8 * g);
                for (int k = 0; k < 4; k++) {
                    int both = (int) (indices >>> 16 * k) & 0xFFFF;
                    long word = grid[both & 255] | grid[both >> 8] << 32;
                    put(codes, 256 * u + 32 * g + 8 * k, negate(word, EVEN_NEGATIVE[signs >> 7 * k & 127]));
                }
            }
        }
    }

    static CodeSplitter iq3S() {
        long[] grid = CodeWords.words(Codebooks.iq3s(), 4);
        return (w, units, codes, scales, offsets) -> iq3S(grid, w, units, codes, scales);
    }

    private static void iq3S(long[] grid, long w, int units, byte[] codes, float[] scales) {
        for (int u = 0; u < units; u++, w += 110) {
            float d = f16(w);
            for (int g = 0; g < 8; g++) {
                int s = u8(w + 106 + g / 2) >> 4 * (g % 2) & 15;
                pair(scales, 16 * u + 2 * g, d * (2 * s + 1));
                int upper = u8(w + 66 + g);
                long indices = word(w + 2 + 8 * g);
                int signs = i32(w + 74 + 4 * g);
                for (int k = 0; k < 4; k++) {
                    int both = (int) (indices >>> 16 * k) & 0xFFFF;
                    int uppers = upper >> 2 * k;
                    long word = grid[both & 255 | (uppers & 1) << 8] | grid[both >> 8 | (uppers & 2) << 7] << 32;
                    put(codes, 256 * u + 32 * g + 8 * k, negate(word, NEGATIVE[signs >> 8 * k & 255]));
                }
            }
        }
    }

    static CodeSplitter iq1S() {
        long[] grid = shifted();
        return (w, units, codes, scales, offsets) -> iq1S(grid, w, units, codes, scales);
    }

    private static void iq1S(long[] grid, long w, int units, byte[] codes, float[] scales) {
        for (int u = 0; u < units; u++, w += 50) {
            float d = f16(w);
            for (int g = 0; g < 8; g++) {
                int h = u16(w + 34 + 2 * g);
                pair(scales, 16 * u + 2 * g, d * (2 * (h >> 12 & 7) + 1) / 8);
                int shift = h >> 15 << 11;
                int lower = i32(w + 2 + 4 * g);
                for (int k = 0; k < 4; k++) {
                    int index = lower >> 8 * k & 255 | (h >> 3 * k & 7) << 8;
                    put(codes, 256 * u + 32 * g + 8 * k, grid[index | shift]);
                }
            }
        }
    }

    static CodeSplitter iq1M() {
        long[] grid = shifted();
        return (w, units, codes, scales, offsets) -> iq1M(grid, w, units, codes, scales);
    }

    private static void iq1M(long[] grid, long w, int units, byte[] codes, float[] scales) {
        for (int u = 0; u < units; u++, w += 56) {
            int bits = 0;
            for (int k = 0; k < 4; k++) {
                bits |= u16(w + 48 + 2 * k) >> 12 << 4 * k;
            }
            float d = Float.float16ToFloat((short) bits);
            for (int g = 0; g < 16; g++) {
                int s = u16(w + 48 + 2 * (g / 4)) >> 3 * (g % 4) & 7;
                scales[16 * u + g] = d * (2 * s + 1) / 8;
                int nibbles = u8(w + 32 + g);
                // Bit 3 of a nibble is the sign of the shift, and bit 11 of the place in the grid of both signs.
                put(codes, 256 * u + 16 * g, grid[u8(w + 2 * g) | nibbles << 8 & 0xF00]);
                put(codes, 256 * u + 16 * g + 8, grid[u8(w + 2 * g + 1) | nibbles << 4 & 0xF00]);
            }
        }
    }

    /** The grid of IQ1 as codes {@code 8 * grid + 1}, then as codes {@code 8 * grid - 1}. */
    private static long[] shifted() {
        byte[] grid = Codebooks.iq1s();
        var codes = new byte[2 * grid.length];
        for (int i = 0; i < grid.length; i++) {
            codes[i] = (byte) (8 * grid[i] + 1);
            codes[grid.length + i] = (byte) (8 * grid[i] - 1);
        }
        return CodeWords.words(codes, 8);
    }
}

package moka.engine.kernel.vector;

import static moka.engine.kernel.vector.CodeWords.f16;
import static moka.engine.kernel.vector.CodeWords.i32;
import static moka.engine.kernel.vector.CodeWords.negate;
import static moka.engine.kernel.vector.CodeWords.pair;
import static moka.engine.kernel.vector.CodeWords.put;
import static moka.engine.kernel.vector.CodeWords.u16;
import static moka.engine.kernel.vector.CodeWords.word;

import moka.engine.tensor.Codebooks;

/**
 * The types whose codes are entries of a grid: eight or four codes a lookup, signs by a mask of bytes. Layouts: docs/tensor-types.md.
 *
 * <p>Half of the time of a product goes here, so: bits come by whole words, grids are constants of a holder class (made on first use), indices end with a mask,
 * and so need no check, and scales are looked up rather than converted.
 */
final class GridSplitters {
    private static final long[] NEGATIVE = CodeWords.ofBits(8, -1, 0);

    /** Seven signs and the eighth that makes their number even. */
    private static final long[] EVEN_NEGATIVE =
            CodeWords.table(128, i -> NEGATIVE[i | (Integer.bitCount(i) & 1) << 7]);

    /** {@code (s + 1/2) / 4} for the scales of IQ2. */
    private static final float[] QUARTERS = CodeWords.factors(16, s -> (s + 0.5f) / 4);

    /** {@code (2 s + 1) / 8} for the scales of IQ1. */
    private static final float[] EIGHTHS = CodeWords.factors(8, s -> (2 * s + 1) / 8f);

    private GridSplitters() {}

    private static final class Iq2Xxs {
        static final long[] GRID = CodeWords.words(Codebooks.iq2xxs(), 8);
    }

    static void iq2Xxs(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 66) {
            float d = f16(w);
            for (int g = 0; g < 8; g++) {
                long both = word(w + 2 + 8 * g);
                int signs = (int) (both >>> 32);
                pair(scales, 16 * u + 2 * g, d * QUARTERS[signs >>> 28 & 15]);
                int at = 256 * u + 32 * g;
                put(codes, at, negate(Iq2Xxs.GRID[(int) both & 255], EVEN_NEGATIVE[signs & 127]));
                put(codes, at + 8, negate(Iq2Xxs.GRID[(int) both >>> 8 & 255], EVEN_NEGATIVE[signs >>> 7 & 127]));
                put(codes, at + 16, negate(Iq2Xxs.GRID[(int) both >>> 16 & 255], EVEN_NEGATIVE[signs >>> 14 & 127]));
                put(codes, at + 24, negate(Iq2Xxs.GRID[(int) both >>> 24 & 255], EVEN_NEGATIVE[signs >>> 21 & 127]));
            }
        }
    }

    private static final class Iq2Xs {
        static final long[] GRID = CodeWords.words(Codebooks.iq2xs(), 8);
    }

    static void iq2Xs(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 74) {
            nibbleScales(f16(w), word(w + 66), scales, 16 * u);
            for (int g = 0; g < 8; g++) {
                long four = word(w + 2 + 8 * g);
                int at = 256 * u + 32 * g;
                put(codes, at, iq2Xs((int) four));
                put(codes, at + 8, iq2Xs((int) (four >>> 16)));
                put(codes, at + 16, iq2Xs((int) (four >>> 32)));
                put(codes, at + 24, iq2Xs((int) (four >>> 48)));
            }
        }
    }

    private static long iq2Xs(int q) {
        return negate(Iq2Xs.GRID[q & 511], EVEN_NEGATIVE[q >>> 9 & 127]);
    }

    private static void nibbleScales(float d, long nibbles, float[] scales, int at) {
        for (int g = 0; g < 16; g++) {
            scales[at + g] = d * QUARTERS[(int) (nibbles >>> 4 * g) & 15];
        }
    }

    private static final class Iq2S {
        static final long[] GRID = CodeWords.words(Codebooks.iq2s(), 8);
    }

    static void iq2S(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 82) {
            nibbleScales(f16(w), word(w + 74), scales, 16 * u);
            long uppers = word(w + 66);
            for (int g = 0; g < 8; g++) {
                int lower = i32(w + 2 + 4 * g);
                int upper = (int) (uppers >>> 8 * g);
                int signs = i32(w + 34 + 4 * g);
                int at = 256 * u + 32 * g;
                put(codes, at, iq2S(lower, upper << 8, signs));
                put(codes, at + 8, iq2S(lower >>> 8, upper << 6, signs >>> 8));
                put(codes, at + 16, iq2S(lower >>> 16, upper << 4, signs >>> 16));
                put(codes, at + 24, iq2S(lower >>> 24, upper << 2, signs >>> 24));
            }
        }
    }

    private static long iq2S(int lower, int upper, int signs) {
        return negate(Iq2S.GRID[(lower & 255 | upper & 0x300) & 1023], NEGATIVE[signs & 255]);
    }

    private static final class Iq3Xxs {
        static final long[] GRID = CodeWords.words(Codebooks.iq3xxs(), 4);
    }

    static void iq3Xxs(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 98) {
            float d = f16(w) * 2;
            for (int g = 0; g < 8; g++) {
                int signs = i32(w + 66 + 4 * g);
                pair(scales, 16 * u + 2 * g, d * QUARTERS[signs >>> 28 & 15]);
                long indices = word(w + 2 + 8 * g);
                int at = 256 * u + 32 * g;
                put(codes, at, negate(iq3Xxs((int) indices), EVEN_NEGATIVE[signs & 127]));
                put(codes, at + 8, negate(iq3Xxs((int) indices >>> 16), EVEN_NEGATIVE[signs >>> 7 & 127]));
                put(codes, at + 16, negate(iq3Xxs((int) (indices >>> 32)), EVEN_NEGATIVE[signs >>> 14 & 127]));
                put(codes, at + 24, negate(iq3Xxs((int) (indices >>> 48)), EVEN_NEGATIVE[signs >>> 21 & 127]));
            }
        }
    }

    private static long iq3Xxs(int both) {
        return Iq3Xxs.GRID[both & 255] | Iq3Xxs.GRID[both >>> 8 & 255] << 32;
    }

    private static final class Iq3S {
        static final long[] GRID = CodeWords.words(Codebooks.iq3s(), 4);
        static final float[] ODD = CodeWords.factors(16, s -> 2 * s + 1);
    }

    static void iq3S(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 110) {
            float d = f16(w);
            int nibbles = i32(w + 106);
            long uppers = word(w + 66);
            for (int g = 0; g < 8; g++) {
                pair(scales, 16 * u + 2 * g, d * Iq3S.ODD[nibbles >>> 4 * g & 15]);
                int upper = (int) (uppers >>> 8 * g);
                long indices = word(w + 2 + 8 * g);
                int signs = i32(w + 74 + 4 * g);
                int at = 256 * u + 32 * g;
                put(codes, at, negate(iq3S((int) indices, upper << 8, upper << 7), NEGATIVE[signs & 255]));
                put(codes, at + 8, negate(iq3S((int) indices >>> 16, upper << 6, upper << 5), NEGATIVE[signs >>> 8 & 255]));
                put(codes, at + 16, negate(iq3S((int) (indices >>> 32), upper << 4, upper << 3), NEGATIVE[signs >>> 16 & 255]));
                put(codes, at + 24, negate(iq3S((int) (indices >>> 48), upper << 2, upper << 1), NEGATIVE[signs >>> 24]));
            }
        }
    }

    /** Two indices of eight bits, and the ninth of each at bit 8 of the words beside it. */
    private static long iq3S(int both, int first, int second) {
        return Iq3S.GRID[(both & 255 | first & 256) & 511] | Iq3S.GRID[(both >>> 8 & 255 | second & 256) & 511] << 32;
    }

    /** The grid of IQ1 as codes {@code 8 * grid + 1}, then as codes {@code 8 * grid - 1}. */
    private static final class Iq1 {
        static final long[] GRID = shifted();

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

    static void iq1S(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 50) {
            float d = f16(w);
            for (int g = 0; g < 8; g++) {
                int h = u16(w + 34 + 2 * g);
                pair(scales, 16 * u + 2 * g, d * EIGHTHS[h >>> 12 & 7]);
                int shift = h >>> 15 << 11;
                int lower = i32(w + 2 + 4 * g);
                int at = 256 * u + 32 * g;
                put(codes, at, Iq1.GRID[(lower & 255 | h << 8 & 0x700 | shift) & 0xFFF]);
                put(codes, at + 8, Iq1.GRID[(lower >>> 8 & 255 | h << 5 & 0x700 | shift) & 0xFFF]);
                put(codes, at + 16, Iq1.GRID[(lower >>> 16 & 255 | h << 2 & 0x700 | shift) & 0xFFF]);
                put(codes, at + 24, Iq1.GRID[(lower >>> 24 | h >>> 1 & 0x700 | shift) & 0xFFF]);
            }
        }
    }

    static void iq1M(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 56) {
            long s = word(w + 48);
            long bits = s >>> 12 & 15 | s >>> 24 & 0xF0 | s >>> 36 & 0xF00 | s >>> 48 & 0xF000;
            float d = Float.float16ToFloat((short) bits);
            for (int g = 0; g < 4; g++, s >>>= 16) {
                int group = 16 * u + 4 * g;
                scales[group] = d * EIGHTHS[(int) s & 7];
                scales[group + 1] = d * EIGHTHS[(int) s >>> 3 & 7];
                scales[group + 2] = d * EIGHTHS[(int) s >>> 6 & 7];
                scales[group + 3] = d * EIGHTHS[(int) s >>> 9 & 7];
                long lower = word(w + 8 * g);
                int nibbles = i32(w + 32 + 4 * g);
                int at = 256 * u + 64 * g;
                iq1M((int) lower, nibbles, codes, at);
                iq1M((int) (lower >>> 32), nibbles >>> 16, codes, at + 32);
            }
        }
    }

    /** 32 codes. Bit 3 of a nibble is the sign of the shift, and bit 11 of the place in the grid of both signs. */
    private static void iq1M(int lower, int nibbles, byte[] codes, int at) {
        put(codes, at, Iq1.GRID[(lower & 255 | nibbles << 8) & 0xFFF]);
        put(codes, at + 8, Iq1.GRID[(lower >>> 8 & 255 | nibbles << 4 & 0xF00) & 0xFFF]);
        put(codes, at + 16, Iq1.GRID[(lower >>> 16 & 255 | nibbles & 0xF00) & 0xFFF]);
        put(codes, at + 24, Iq1.GRID[(lower >>> 24 | nibbles >>> 4 & 0xF00) & 0xFFF]);
    }
}

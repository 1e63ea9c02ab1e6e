package moka.engine.kernel.vector;

import static moka.engine.kernel.vector.CodeWords.f16;
import static moka.engine.kernel.vector.CodeWords.fill;
import static moka.engine.kernel.vector.CodeWords.i32;
import static moka.engine.kernel.vector.CodeWords.pair;
import static moka.engine.kernel.vector.CodeWords.put;
import static moka.engine.kernel.vector.CodeWords.repeat;
import static moka.engine.kernel.vector.CodeWords.u16;
import static moka.engine.kernel.vector.CodeWords.u8;
import static moka.engine.kernel.vector.CodeWords.word;

/** The types of super-blocks of 256 elements whose codes are bits. Layouts: docs/tensor-types.md. */
final class SuperBlockSplitters {
    private SuperBlockSplitters() {}

    static void q2_K(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 84) {
            float d = f16(w + 80);
            float dmin = -f16(w + 82);
            for (int g = 0; g < 16; g++) {
                int both = (int) (word(w + (g & 8)) >>> 8 * g) & 255;
                scales[16 * u + g] = d * (both & 15);
                offsets[16 * u + g] = dmin * (both >> 4);
            }
            CodeTables.pairs(w + 16, codes, 256 * u, 0);
        }
    }

    static void q3_K(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 110) {
            float d = f16(w + 108);
            long lows = word(w + 96);
            int highs = i32(w + 104);
            for (int g = 0; g < 16; g++) {
                int low = (int) (lows >>> 8 * (g % 8) + 4 * (g / 8)) & 15;
                int high = highs >> 8 * (g % 4) + 2 * (g / 4) & 3;
                scales[16 * u + g] = d * ((low | high << 4) - 32);
            }
            CodeTables.pairsAndThirds(w + 32, w, codes, 256 * u);
        }
    }

    static void q8_K(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 292) {
            fill(scales, 16 * u, 16, Float.intBitsToFloat(i32(w)));
            CodeTables.bytes(w + 4, codes, 256 * u, 256);
        }
    }

    static void iq4Xs(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 136) {
            float d = f16(w);
            int upper = u16(w + 2);
            for (int g = 0; g < 8; g++) {
                int low = u8(w + 4 + g / 2) >> 4 * (g % 2) & 15;
                pair(scales, 16 * u + 2 * g, d * ((low | (upper >> 2 * g & 3) << 4) - 32));
                CodeTables.nonLinear(w + 8 + 16 * g, codes, 256 * u + 32 * g);
            }
        }
    }

    static void tq2_0(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 66) {
            fill(scales, 16 * u, 16, f16(w + 64));
            CodeTables.pairs(w, codes, 256 * u, 1);
        }
    }

    static void tq1_0(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int u = 0; u < units; u++, w += 54) {
            fill(scales, 16 * u, 16, f16(w + 52));
            int at = 256 * u;
            CodeTables.digits(w, codes, at, 32);
            CodeTables.digits(w + 16, codes, at + 16, 32);
            CodeTables.digits(w + 32, codes, at + 160, 16);
            // Four bytes of four digits: the digits of one place are four codes, two places a word.
            long last = i32(w + 48) & 0xFFFFFFFFL;
            put(codes, at + 240, lessOne(digit(last) | digit(times(last, 3)) << 32));
            put(codes, at + 248, lessOne(digit(times(last, 9)) | digit(times(last, 27)) << 32));
        }
    }

    /** The first base-3 digit of fractions of 256. */
    private static long digit(long fractions) {
        long even = (fractions & 0x00FF00FF00FF00FFL) * 3 >>> 8 & 0x00FF00FF00FF00FFL;
        long odd = (fractions >>> 8 & 0x00FF00FF00FF00FFL) * 3 & 0xFF00FF00FF00FF00L;
        return even | odd;
    }

    /** Each byte times a small factor, modulo 256. */
    private static long times(long bytes, int factor) {
        long even = (bytes & 0x00FF00FF00FF00FFL) * factor & 0x00FF00FF00FF00FFL;
        long odd = (bytes >>> 8 & 0x00FF00FF00FF00FFL) * factor << 8 & 0xFF00FF00FF00FF00L;
        return even | odd;
    }

    /** Codes of two bits less 1; no borrow leaves a byte. */
    private static long lessOne(long codes) {
        return (codes | repeat(0x80)) - CodeWords.ONES ^ repeat(0x80);
    }
}

package moka.engine.kernel.vector;

import static moka.engine.kernel.vector.CodeWords.f16;
import static moka.engine.kernel.vector.CodeWords.fill;
import static moka.engine.kernel.vector.CodeWords.i32;
import static moka.engine.kernel.vector.CodeWords.pair;
import static moka.engine.kernel.vector.CodeWords.put;
import static moka.engine.kernel.vector.CodeWords.putNibbles;
import static moka.engine.kernel.vector.CodeWords.u8;
import static moka.engine.kernel.vector.CodeWords.word;

/** The types of small blocks: 32 elements, or a few times that. Layouts: docs/tensor-types.md. */
final class BlockSplitters {
    /** A fifth bit that is not set takes 16 off: with the nibble below it the byte is {@code q - 16}. */
    private static final long[] SIGNED_FIFTHS = CodeWords.ofBits(8, 0, 0xF0);

    private static final long[] FIFTHS = CodeWords.ofBits(8, 0x10, 0);
    private static final long[] SIGNS = CodeWords.ofBits(8, 1, -1);

    /** Four ternary codes in two bits each, less 1. */
    private static final long[] TERNARY = CodeWords.table(256, i -> {
        long codes = 0;
        for (int k = 0; k < 4; k++) {
            codes |= ((i >> 2 * k & 3) - 1 & 0xFFL) << 8 * k;
        }
        return codes;
    });

    /** Scales of NVFP4, halved: unsigned E4M3, 127 counts as 0, bit 7 does not count but in 255. */
    private static final float[] HALF_E4M3 = halfE4m3();

    private BlockSplitters() {}

    private static float[] halfE4m3() {
        var scales = new float[256];
        for (int bits = 0; bits < 256; bits++) {
            int exponent = bits >> 3 & 15;
            int mantissa = bits & 7;
            float value = exponent == 0 ? Math.scalb((float) mantissa, -9) : Math.scalb(8f + mantissa, exponent - 10);
            scales[bits] = bits == 127 ? 0 : value / 2;
        }
        return scales;
    }

    static void q4_1(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 8 * units; b++, w += 20) {
            pair(scales, 2 * b, f16(w));
            pair(offsets, 2 * b, f16(w + 2));
            CodeTables.nibbles(w + 4, codes, 32 * b);
        }
    }

    static void q5_0(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 8 * units; b++, w += 22) {
            pair(scales, 2 * b, f16(w));
            fifths(i32(w + 2), w + 6, codes, 32 * b, SIGNED_FIFTHS);
        }
    }

    static void q5_1(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 8 * units; b++, w += 24) {
            pair(scales, 2 * b, f16(w));
            pair(offsets, 2 * b, f16(w + 2));
            fifths(i32(w + 4), w + 8, codes, 32 * b, FIFTHS);
        }
    }

    private static void fifths(int bits, long nibbles, byte[] codes, int at, long[] table) {
        putNibbles(word(nibbles), codes, at, table[bits & 255], at + 16, table[bits >> 16 & 255]);
        putNibbles(word(nibbles + 8), codes, at + 8, table[bits >> 8 & 255], at + 24, table[bits >>> 24]);
    }

    static void q8_1(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 8 * units; b++, w += 36) {
            pair(scales, 2 * b, f16(w));
            CodeTables.bytes(w + 4, codes, 32 * b, 32);
        }
    }

    /** Plain bytes: codes of scale 1. */
    static void i8(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        fill(scales, 0, 16 * units, 1f);
        CodeTables.bytes(w, codes, 0, 256 * units);
    }

    static void iq4Nl(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 8 * units; b++, w += 18) {
            pair(scales, 2 * b, f16(w));
            CodeTables.nonLinear(w + 2, codes, 32 * b);
        }
    }

    static void mxfp4(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 8 * units; b++, w += 17) {
            pair(scales, 2 * b, Math.scalb(1f, u8(w) - 128));
            CodeTables.e2m1(w + 1, codes, 32 * b);
        }
    }

    static void nvfp4(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 4 * units; b++, w += 36) {
            for (int g = 0; g < 4; g++) {
                scales[4 * b + g] = HALF_E4M3[u8(w + g)];
                putNibbles(word(w + 4 + 8 * g), codes, 64 * b + 16 * g, 0, 64 * b + 16 * g + 8, 0);
            }
        }
        CodeTables.e2m1(codes, 256 * units);
    }

    static void q1_0(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 2 * units; b++, w += 18) {
            fill(scales, 8 * b, 8, f16(w));
            for (int i = 0; i < 16; i += 8) {
                long bits = word(w + 2 + i);
                for (int k = 0; k < 8; k++) {
                    put(codes, 128 * b + 8 * (i + k), SIGNS[(int) (bits >>> 8 * k) & 255]);
                }
            }
        }
    }

    static void q2_0(long w, int units, byte[] codes, float[] scales, float[] offsets) {
        for (int b = 0; b < 4 * units; b++, w += 18) {
            fill(scales, 4 * b, 4, f16(w));
            for (int i = 0; i < 16; i += 8) {
                long bits = word(w + 2 + i);
                for (int k = 0; k < 8; k += 2) {
                    long first = TERNARY[(int) (bits >>> 8 * k) & 255];
                    put(codes, 64 * b + 4 * (i + k), first | TERNARY[(int) (bits >>> 8 * k + 8) & 255] << 32);
                }
            }
        }
    }
}

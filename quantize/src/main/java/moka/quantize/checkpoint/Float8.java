package moka.quantize.checkpoint;

import moka.gguf.SafetensorsType;

/**
 * Floating-point numbers of 8 bits, a sign first. E4M3: four bits of exponent (bias 7) and three of mantissa, without infinities: all ones is no number, the
 * largest is 448. E5M2: the upper half of a float16.
 *
 * @see <a href="https://arxiv.org/abs/2209.05433">FP8 Formats for Deep Learning</a>
 */
final class Float8 {
    private Float8() {}

    /** What each byte means. */
    static float[] of(SafetensorsType type) {
        float[] values = new float[256];
        for (int bits = 0; bits < 256; bits++) {
            values[bits] = type == SafetensorsType.F8_E5M2 ? Float.float16ToFloat((short) (bits << 8)) : e4m3(bits);
        }
        return values;
    }

    private static float e4m3(int bits) {
        int exponent = bits >> 3 & 15;
        int mantissa = bits & 7;
        if (exponent == 15 && mantissa == 7) {
            return Float.NaN;
        }
        float size = exponent == 0 ? Math.scalb((float) mantissa, -9) : Math.scalb((float) (8 + mantissa), exponent - 10);
        return bits >= 128 ? -size : size;
    }
}

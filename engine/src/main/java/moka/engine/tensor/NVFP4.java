package moka.engine.tensor;

import static moka.engine.tensor.Packing.joinNibbles;
import static moka.engine.tensor.Packing.splitNibbles;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 64 elements in 36 bytes: {@code 0: 4 x u8 s; 4: 32 bytes q}, split nibbles for each 16. Groups of 16. Value
 * {@code U(s)/2 * F[q]}: U unsigned E4M3 (bias 7, no sign), F of {@link Codebooks#E2M1_DOUBLED}. A tensor
 * {@code NAME.scale} of one float32 may multiply a whole matrix: that is the model's business.
 */
final class NVFP4 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.NVFP4,
            ActivationType.Q8_0,
            BlockFormat.Codes.symmetric(16, -12, 12),
            NVFP4::split,
            NVFP4::quantize);

    private NVFP4() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        for (int g = 0; g < 4; g++) {
            scales[g] = fromUe4m3(u8(block, g)) / 2;
            splitNibbles(block, 4 + 8 * g, codes, 16 * g, 8);
        }
        Codebooks.replace(codes, Codebooks.E2M1_DOUBLED);
    }

    private static void quantize(float[] values, byte[] block) {
        var codes = new byte[64];
        for (int g = 0; g < 4; g++) {
            float largest = 0;
            for (int i = 16 * g; i < 16 * g + 16; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
            int scaleByte = toUe4m3(largest / 6);
            float scale = fromUe4m3(scaleByte) / 2;
            for (int i = 16 * g; i < 16 * g + 16; i++) {
                codes[i] = (byte) Codebooks.nearestE2M1(values[i], scale);
            }
            block[g] = (byte) scaleByte;
            joinNibbles(codes, 16 * g, block, 4 + 8 * g, 8);
        }
    }

    /** 0 and 127 (NaN) give 0; bit 7 is ignored, but 255 is not 127. */
    private static float fromUe4m3(int bits) {
        if (bits == 127) {
            return 0;
        }
        int exponent = bits >> 3 & 15;
        int mantissa = bits & 7;
        return exponent == 0 ? Math.scalb((float) mantissa, -9) : Math.scalb(8f + mantissa, exponent - 10);
    }

    /** Nearest, halves up; what rounds to 256 or more becomes 448, the largest, as in the reference. */
    private static int toUe4m3(float value) {
        if (!(value > 0)) {
            return 0;
        }
        float limited = Math.min(value, 448);
        int exponent = Math.getExponent(limited) + 7;
        if (exponent <= 0) {
            return Math.min(7, (int) (limited * 512 + 0.5f));
        }
        // Three bits of mantissa and the next one, which rounds up and may carry into the exponent.
        int rounded = (exponent << 4 | Float.floatToRawIntBits(limited) >> 19 & 15) + 1 >> 1;
        return rounded >> 3 >= 15 ? 126 : rounded;
    }
}

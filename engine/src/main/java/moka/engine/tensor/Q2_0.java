package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.largestMagnitude;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.round;

import java.util.Arrays;
import moka.gguf.TensorType;

/**
 * 64 elements in 18 bytes: {@code 0: f16 d; 2: 16 bytes}. Code q of element i: pair of bits {@code i % 4} of byte
 * {@code i / 4}. Value {@code d * (q - 1)}; the quantizer makes no code 3.
 */
final class Q2_0 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q2_0,
            ActivationType.Q8_0,
            BlockFormat.Codes.symmetric(32, -1, 2),
            Q2_0::split,
            Q2_0::quantize);

    private Q2_0() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        Arrays.fill(scales, f16(block, 0));
        for (int i = 0; i < 64; i++) {
            codes[i] = (byte) ((block[2 + i / 4] >> 2 * (i % 4) & 3) - 1);
        }
    }

    private static void quantize(float[] values, byte[] block) {
        float d = largestMagnitude(values);
        float inverse = inverse(d);
        Arrays.fill(block, (byte) 0);
        putF16(block, 0, d);
        for (int i = 0; i < 64; i++) {
            block[2 + i / 4] |= (byte) (round(values[i] * inverse) + 1 << 2 * (i % 4));
        }
    }
}

package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.putF16;

import java.util.Arrays;
import moka.gguf.TensorType;

/**
 * 128 elements in 18 bytes: {@code 0: f16 d; 2: 16 bytes}. Element i is bit {@code i % 8} of byte {@code i / 8}:
 * {@code d} if set, else {@code -d}.
 *
 * <p>Rounding: d is the mean magnitude, summed in order in float32; -0 counts as positive.
 */
final class Q1_0 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q1_0,
            ActivationType.Q8_0,
            BlockFormat.Codes.symmetric(32, -1, 1),
            Q1_0::split,
            Q1_0::quantize);

    private Q1_0() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        Arrays.fill(scales, f16(block, 0));
        for (int i = 0; i < 128; i++) {
            int bit = block[2 + i / 8] >> i % 8 & 1;
            codes[i] = (byte) (2 * bit - 1);
        }
    }

    private static void quantize(float[] values, byte[] block) {
        float sum = 0;
        Arrays.fill(block, (byte) 0);
        for (int i = 0; i < 128; i++) {
            sum += Math.abs(values[i]);
            if (values[i] >= 0) {
                block[2 + i / 8] |= (byte) (1 << i % 8);
            }
        }
        putF16(block, 0, sum / 128);
    }
}

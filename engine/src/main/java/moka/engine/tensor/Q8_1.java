package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.largestMagnitude;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.round;

import moka.gguf.TensorType;

/**
 * 32 elements in 36 bytes: {@code 0: f16 d; 2: f16 s; 4: 32 x i8 q}. Value {@code d * q}; {@code s} is the sum of the
 * codes times d. Made for activations beside weights with minimums, not for storage.
 */
final class Q8_1 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q8_1,
            ActivationType.Q8_0,
            BlockFormat.Codes.symmetric(32, -128, 127),
            Q8_1::split,
            Q8_1::quantize);

    private Q8_1() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        scales[0] = f16(block, 0);
        System.arraycopy(block, 4, codes, 0, 32);
    }

    private static void quantize(float[] values, byte[] block) {
        float d = largestMagnitude(values) / 127;
        float inverse = inverse(d);
        int sum = 0;
        for (int i = 0; i < 32; i++) {
            int code = round(values[i] * inverse);
            block[4 + i] = (byte) code;
            sum += code;
        }
        putF16(block, 0, d);
        putF16(block, 2, sum * d);
    }
}

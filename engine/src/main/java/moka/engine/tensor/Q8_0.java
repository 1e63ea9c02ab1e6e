package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.largestMagnitude;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.round;

import moka.gguf.TensorType;

/**
 * 32 elements in 34 bytes: {@code 0: f16 d; 2: 32 x i8 q}. Value {@code d * q}. The quantizer gives -127 to 127;
 * files may hold -128.
 */
final class Q8_0 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q8_0,
            ActivationType.Q8_0,
            BlockFormat.Codes.symmetric(32, -128, 127),
            Q8_0::split,
            Q8_0::quantize);

    private Q8_0() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        scales[0] = f16(block, 0);
        System.arraycopy(block, 2, codes, 0, 32);
    }

    private static void quantize(float[] values, byte[] block) {
        float d = largestMagnitude(values) / 127;
        float inverse = inverse(d);
        putF16(block, 0, d);
        for (int i = 0; i < 32; i++) {
            block[2 + i] = (byte) round(values[i] * inverse);
        }
    }
}

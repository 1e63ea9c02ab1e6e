package moka.engine.tensor;

import static moka.engine.tensor.Packing.addPairsBy128;
import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.largestMagnitude;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.round;

import java.util.Arrays;
import moka.gguf.TensorType;

/**
 * Ternary, 256 elements in 66 bytes: {@code 0: 64 bytes pairs q by 128; 64: f16 d}. Value {@code d * (q - 1)}; the
 * quantizer makes no code 3.
 */
final class TQ2_0 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.TQ2_0,
            ActivationType.Q8_K,
            BlockFormat.Codes.symmetric(32, -1, 2),
            TQ2_0::split,
            TQ2_0::quantize);

    private TQ2_0() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        Arrays.fill(scales, f16(block, 64));
        Arrays.fill(codes, (byte) -1);
        addPairsBy128(block, 0, codes, 1);
    }

    private static void quantize(float[] values, byte[] block) {
        float d = largestMagnitude(values);
        float inverse = inverse(d);
        Arrays.fill(block, (byte) 0);
        for (int i = 0; i < 256; i++) {
            int digit = round(values[i] * inverse) + 1;
            block[32 * (i / 128) + i % 32] |= (byte) (digit << 2 * (i % 128 / 32));
        }
        putF16(block, 64, d);
    }
}

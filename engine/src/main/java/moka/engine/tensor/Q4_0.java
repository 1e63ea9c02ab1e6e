package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.firstExtreme;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.joinNibbles;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.splitNibbles;

import moka.gguf.TensorType;

/**
 * 32 elements in 18 bytes: {@code 0: f16 d; 2: 16 bytes split nibbles q}. Value {@code d * (q - 8)}.
 *
 * <p>Rounding: the element of largest magnitude becomes -8, so that the range is used on its side.
 */
final class Q4_0 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q4_0,
            ActivationType.Q8_0,
            BlockFormat.Codes.symmetric(32, -8, 7),
            Q4_0::split,
            Q4_0::quantize);

    private Q4_0() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        scales[0] = f16(block, 0);
        splitNibbles(block, 2, codes, 0, 16);
        for (int i = 0; i < 32; i++) {
            codes[i] -= 8;
        }
    }

    private static void quantize(float[] values, byte[] block) {
        float d = firstExtreme(values) / -8;
        float inverse = inverse(d);
        var codes = new byte[32];
        for (int i = 0; i < 32; i++) {
            codes[i] = (byte) Math.min(15, (int) (values[i] * inverse + 8.5f));
        }
        putF16(block, 0, d);
        joinNibbles(codes, 0, block, 2, 16);
    }
}

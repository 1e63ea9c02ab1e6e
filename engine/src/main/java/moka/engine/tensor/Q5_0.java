package moka.engine.tensor;

import static moka.engine.tensor.Packing.addFifthBits;
import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.fifthBits;
import static moka.engine.tensor.Packing.firstExtreme;
import static moka.engine.tensor.Packing.i32;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.joinNibbles;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.putI32;
import static moka.engine.tensor.Packing.splitNibbles;

import moka.gguf.TensorType;

/**
 * 32 elements in 22 bytes: {@code 0: f16 d; 2: u32 fifth bits; 6: 16 bytes split nibbles q}. Value
 * {@code d * (q - 16)} with q of five bits.
 *
 * <p>Rounding: the element of largest magnitude becomes -16.
 */
final class Q5_0 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q5_0,
            ActivationType.Q8_0,
            BlockFormat.Codes.symmetric(32, -16, 15),
            Q5_0::split,
            Q5_0::quantize);

    private Q5_0() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        scales[0] = f16(block, 0);
        splitNibbles(block, 6, codes, 0, 16);
        addFifthBits(i32(block, 2), codes);
        for (int i = 0; i < 32; i++) {
            codes[i] -= 16;
        }
    }

    private static void quantize(float[] values, byte[] block) {
        float d = firstExtreme(values) / -16;
        float inverse = inverse(d);
        var codes = new byte[32];
        for (int i = 0; i < 32; i++) {
            codes[i] = (byte) Math.min(31, (int) (values[i] * inverse + 16.5f));
        }
        putF16(block, 0, d);
        putI32(block, 2, fifthBits(codes));
        joinNibbles(codes, 0, block, 6, 16);
    }
}

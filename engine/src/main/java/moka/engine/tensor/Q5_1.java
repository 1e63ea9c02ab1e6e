package moka.engine.tensor;

import static moka.engine.tensor.Packing.addFifthBits;
import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.fifthBits;
import static moka.engine.tensor.Packing.i32;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.joinNibbles;
import static moka.engine.tensor.Packing.largest;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.putI32;
import static moka.engine.tensor.Packing.smallest;
import static moka.engine.tensor.Packing.splitNibbles;

import moka.gguf.TensorType;

/**
 * 32 elements in 24 bytes: {@code 0: f16 d; 2: f16 m; 4: u32 fifth bits; 8: 16 bytes split nibbles q}. Value
 * {@code d * q + m} with q of five bits.
 */
final class Q5_1 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q5_1, ActivationType.Q8_1, BlockFormat.Codes.affine(32, 31), Q5_1::split, Q5_1::quantize);

    private Q5_1() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        scales[0] = f16(block, 0);
        minimums[0] = -f16(block, 2);
        splitNibbles(block, 8, codes, 0, 16);
        addFifthBits(i32(block, 4), codes);
    }

    private static void quantize(float[] values, byte[] block) {
        float min = smallest(values);
        float d = (largest(values) - min) / 31;
        float inverse = inverse(d);
        var codes = new byte[32];
        for (int i = 0; i < 32; i++) {
            codes[i] = (byte) Math.min(31, (int) ((values[i] - min) * inverse + 0.5f));
        }
        putF16(block, 0, d);
        putF16(block, 2, min);
        putI32(block, 4, fifthBits(codes));
        joinNibbles(codes, 0, block, 8, 16);
    }
}

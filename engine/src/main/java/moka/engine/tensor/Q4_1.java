package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.joinNibbles;
import static moka.engine.tensor.Packing.largest;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.smallest;
import static moka.engine.tensor.Packing.splitNibbles;

import moka.gguf.TensorType;

/** 32 elements in 20 bytes: {@code 0: f16 d; 2: f16 m; 4: 16 bytes split nibbles q}. Value {@code d * q + m}. */
final class Q4_1 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q4_1, ActivationType.Q8_1, BlockFormat.Codes.affine(32, 15), Q4_1::split, Q4_1::quantize);

    private Q4_1() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        scales[0] = f16(block, 0);
        minimums[0] = -f16(block, 2);
        splitNibbles(block, 4, codes, 0, 16);
    }

    private static void quantize(float[] values, byte[] block) {
        float min = smallest(values);
        float d = (largest(values) - min) / 15;
        float inverse = inverse(d);
        var codes = new byte[32];
        for (int i = 0; i < 32; i++) {
            codes[i] = (byte) Math.min(15, (int) ((values[i] - min) * inverse + 0.5f));
        }
        putF16(block, 0, d);
        putF16(block, 2, min);
        joinNibbles(codes, 0, block, 4, 16);
    }
}

package moka.engine.tensor;

import static moka.engine.tensor.Packing.addBitPlanes;
import static moka.engine.tensor.Packing.nibblesBy64;

import moka.gguf.TensorType;

/**
 * 256 elements in 176 bytes:
 * {@code 0: f16 d; 2: f16 dmin; 4: 12 bytes sc; 16: 32 bytes fifth bits; 48: 128 bytes nibbles q by 64}. Scales and
 * minimums as in Q4_K. Value {@code d * scale * q - dmin * minimum} with q of five bits.
 */
final class Q5_K {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q5_K, ActivationType.Q8_K, BlockFormat.Codes.affine(32, 31), Q5_K::split);

    private Q5_K() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        Q4_K.splitScales(block, scales, minimums);
        nibblesBy64(block, 48, codes);
        addBitPlanes(block, 16, codes, 16);
    }
}

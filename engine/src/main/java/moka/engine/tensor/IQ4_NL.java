package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.splitNibbles;

import moka.gguf.TensorType;

/**
 * 32 elements in 18 bytes: {@code 0: f16 d; 2: 16 bytes split nibbles q}. Value {@code d * V[q]} with V of
 * {@link Codebooks#NON_LINEAR}: steps that widen towards the ends.
 */
final class IQ4_NL {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ4_NL, ActivationType.Q8_0, BlockFormat.Codes.symmetric(32, -127, 113), IQ4_NL::split);

    private IQ4_NL() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        scales[0] = f16(block, 0);
        splitNibbles(block, 2, codes, 0, 16);
        Codebooks.replace(codes, Codebooks.NON_LINEAR);
    }
}

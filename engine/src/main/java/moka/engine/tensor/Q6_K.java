package moka.engine.tensor;

import static moka.engine.tensor.Packing.addPairsBy128;
import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.splitNibbles;

import moka.gguf.TensorType;

/**
 * 256 elements in 210 bytes:
 * {@code 0: 128 bytes low nibbles, split for each 128; 128: 64 bytes pairs of upper bits by 128; 192: 16 x i8
 * scale; 208: f16 d}.
 * Groups of 16. Value {@code d * scale * (q - 32)} with q of six bits.
 */
final class Q6_K {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q6_K, ActivationType.Q8_K, BlockFormat.Codes.symmetric(16, -32, 31), Q6_K::split);

    private Q6_K() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        float d = f16(block, 208);
        for (int g = 0; g < 16; g++) {
            scales[g] = d * block[192 + g];
        }
        splitNibbles(block, 0, codes, 0, 64);
        splitNibbles(block, 64, codes, 128, 64);
        addPairsBy128(block, 128, codes, 16);
        for (int i = 0; i < 256; i++) {
            codes[i] -= 32;
        }
    }
}

package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.splitNibbles;
import static moka.engine.tensor.Packing.u16;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 136 bytes:
 * {@code 0: f16 d; 2: u16 upper bits of scales; 4: 4 bytes lower nibbles of scales; 8: 128 bytes q}, split nibbles
 * for each 32. Groups of 32. Value {@code d * (scale - 32) * V[q]} with V of {@link Codebooks#NON_LINEAR}.
 */
final class IQ4_XS {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ4_XS, ActivationType.Q8_K, BlockFormat.Codes.symmetric(32, -127, 113), IQ4_XS::split);

    private IQ4_XS() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        float d = f16(block, 0);
        int upper = u16(block, 2);
        for (int g = 0; g < 8; g++) {
            int low = u8(block, 4 + g / 2) >> 4 * (g % 2) & 15;
            scales[g] = d * ((low | (upper >> 2 * g & 3) << 4) - 32);
            splitNibbles(block, 8 + 16 * g, codes, 32 * g, 16);
        }
        Codebooks.replace(codes, Codebooks.NON_LINEAR);
    }
}

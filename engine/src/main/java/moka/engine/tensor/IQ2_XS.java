package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.u16;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 74 bytes: {@code 0: f16 d; 2: 32 x u16 q; 66: 8 bytes of scale nibbles}. Each 8 elements: index
 * {@code q & 511} into {@link Codebooks#iq2xs()}, sign index {@code q >> 9}. Groups of 16. Value
 * {@code d * (s + 0.5) / 4 * grid * sign}.
 */
final class IQ2_XS {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ2_XS, ActivationType.Q8_K, BlockFormat.Codes.symmetric(16, -43, 43), IQ2_XS::split);

    private IQ2_XS() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        splitScales(f16(block, 0), block, 66, scales);
        byte[] grid = Codebooks.iq2xs();
        for (int e = 0; e < 32; e++) {
            int q = u16(block, 2 + 2 * e);
            Codebooks.signed(grid, 8, q & 511, Codebooks.evenSigns(q >> 9), codes, 8 * e);
        }
    }

    /** Sixteen scale nibbles, shared with IQ2_S. */
    static void splitScales(float d, byte[] block, int offset, float[] scales) {
        for (int g = 0; g < 16; g++) {
            int s = u8(block, offset + g / 2) >> 4 * (g % 2) & 15;
            scales[g] = d * (s + 0.5f) / 4;
        }
    }
}

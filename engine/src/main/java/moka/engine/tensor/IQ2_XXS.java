package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.i32;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 66 bytes: {@code 0: f16 d; 2: 8 x (u32 a, u32 b)}, a pair for each group of 32. The bytes of a are
 * indices into {@link Codebooks#iq2xxs()}, one for each 8 elements; b holds four sign indices of 7 bits and the scale
 * s above. Value {@code d * (s + 0.5) / 4 * grid * sign}.
 */
final class IQ2_XXS {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ2_XXS, ActivationType.Q8_K, BlockFormat.Codes.symmetric(32, -43, 43), IQ2_XXS::split);

    private IQ2_XXS() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        float d = f16(block, 0);
        byte[] grid = Codebooks.iq2xxs();
        for (int g = 0; g < 8; g++) {
            int b = i32(block, 6 + 8 * g);
            scales[g] = d * ((b >>> 28) + 0.5f) / 4;
            for (int k = 0; k < 4; k++) {
                int index = u8(block, 2 + 8 * g + k);
                Codebooks.signed(grid, 8, index, Codebooks.evenSigns(b >> 7 * k), codes, 32 * g + 8 * k);
            }
        }
    }
}

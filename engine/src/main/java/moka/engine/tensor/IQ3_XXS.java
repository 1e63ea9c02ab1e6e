package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.i32;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 98 bytes: {@code 0: f16 d; 2: 64 bytes q; 66: 8 x u32 b}. Each 4 elements: index q into
 * {@link Codebooks#iq3xxs()}. For each group of 32, b holds four sign indices of 7 bits (8 elements each) and the
 * scale s above. Value {@code d * (s + 0.5) / 2 * grid * sign}.
 */
final class IQ3_XXS {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ3_XXS, ActivationType.Q8_K, BlockFormat.Codes.symmetric(32, -62, 62), IQ3_XXS::split);

    private IQ3_XXS() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        float d = f16(block, 0);
        byte[] grid = Codebooks.iq3xxs();
        for (int g = 0; g < 8; g++) {
            int b = i32(block, 66 + 4 * g);
            scales[g] = d * ((b >>> 28) + 0.5f) / 2;
            for (int k = 0; k < 4; k++) {
                int signs = Codebooks.evenSigns(b >> 7 * k);
                int e = 4 * g + k;
                Codebooks.signed(grid, 4, u8(block, 2 + 2 * e), signs, codes, 8 * e);
                Codebooks.signed(grid, 4, u8(block, 3 + 2 * e), signs >> 4, codes, 8 * e + 4);
            }
        }
    }
}

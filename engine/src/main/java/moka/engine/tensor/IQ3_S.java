package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 110 bytes:
 * {@code 0: f16 d; 2: 64 bytes low index bits; 66: 8 bytes high index bits; 74: 32 bytes signs; 106: 4 bytes of
 * scale nibbles}.
 * Each 4 elements: index of 9 bits into {@link Codebooks#iq3s()}. Groups of 32. Value
 * {@code d * (2s + 1) * grid * sign}.
 */
final class IQ3_S {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ3_S, ActivationType.Q8_K, BlockFormat.Codes.symmetric(32, -15, 15), IQ3_S::split);

    private IQ3_S() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        float d = f16(block, 0);
        for (int g = 0; g < 8; g++) {
            int s = u8(block, 106 + g / 2) >> 4 * (g % 2) & 15;
            scales[g] = d * (2 * s + 1);
        }
        byte[] grid = Codebooks.iq3s();
        for (int k = 0; k < 64; k++) {
            int high = u8(block, 66 + k / 8) >> k % 8 & 1;
            int signs = u8(block, 74 + k / 2) >> 4 * (k % 2);
            Codebooks.signed(grid, 4, u8(block, 2 + k) | high << 8, signs, codes, 4 * k);
        }
    }
}

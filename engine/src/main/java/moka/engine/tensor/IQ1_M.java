package moka.engine.tensor;

import static moka.engine.tensor.Packing.u16;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 56 bytes: {@code 0: 32 bytes low index bits; 32: 16 bytes of nibbles; 48: 4 x u16 sc}. The f16 d is
 * made of the upper nibbles of the four sc, which also hold a scale of three bits for each group of 16. Each 8
 * elements: a nibble with three high index bits and the sign of the shift. Value as IQ1_S.
 */
final class IQ1_M {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ1_M, ActivationType.Q8_K, BlockFormat.Codes.symmetric(16, -9, 9), IQ1_M::split);

    private IQ1_M() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        int bits = 0;
        for (int k = 0; k < 4; k++) {
            bits |= u16(block, 48 + 2 * k) >> 12 << 4 * k;
        }
        float d = Float.float16ToFloat((short) bits);
        for (int g = 0; g < 16; g++) {
            int s = u16(block, 48 + 2 * (g / 4)) >> 3 * (g % 4) & 7;
            scales[g] = d * (2 * s + 1) / 8;
        }
        for (int e = 0; e < 32; e++) {
            int nibble = u8(block, 32 + e / 2) >> 4 * (e % 2) & 15;
            int shift = nibble >> 3 == 0 ? 1 : -1;
            IQ1_S.shifted(u8(block, e) | (nibble & 7) << 8, shift, codes, 8 * e);
        }
    }
}

package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.u16;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 50 bytes: {@code 0: f16 d; 2: 32 bytes low index bits; 34: 8 x u16 h}, one h for each group of 32:
 * four times three high index bits, the scale s in bits 12 to 14, the sign of the shift in bit 15. Each 8 elements:
 * index of 11 bits into {@link Codebooks#iq1s()} of -1, 0, 1. Value {@code d * (2s + 1) * (grid + shift)}, shift 1/8
 * or -1/8; as integers {@code d * (2s + 1) / 8} times {@code 8 * grid + 1} or {@code - 1}.
 */
final class IQ1_S {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ1_S, ActivationType.Q8_K, BlockFormat.Codes.symmetric(32, -9, 9), IQ1_S::split);

    private IQ1_S() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        float d = f16(block, 0);
        for (int g = 0; g < 8; g++) {
            int h = u16(block, 34 + 2 * g);
            scales[g] = d * (2 * (h >> 12 & 7) + 1) / 8;
            int shift = h >> 15 == 0 ? 1 : -1;
            for (int k = 0; k < 4; k++) {
                int e = 4 * g + k;
                shifted(u8(block, 2 + e) | (h >> 3 * k & 7) << 8, shift, codes, 8 * e);
            }
        }
    }

    /** Eight codes {@code 8 * grid + shift}, shared with IQ1_M. */
    static void shifted(int index, int shift, byte[] codes, int first) {
        byte[] grid = Codebooks.iq1s();
        for (int j = 0; j < 8; j++) {
            codes[first + j] = (byte) (8 * grid[8 * index + j] + shift);
        }
    }
}

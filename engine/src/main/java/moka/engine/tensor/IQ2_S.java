package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 82 bytes:
 * {@code 0: f16 d; 2: 32 bytes low index bits; 34: 32 bytes signs; 66: 8 bytes high index bits; 74: 8 bytes of
 * scale nibbles}.
 * Each 8 elements: index of 10 bits into {@link Codebooks#iq2s()}, a byte of signs. Groups of 16. Value
 * {@code d * (s + 0.5) / 4 * grid * sign}.
 */
final class IQ2_S {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.IQ2_S, ActivationType.Q8_K, BlockFormat.Codes.symmetric(16, -43, 43), IQ2_S::split);

    private IQ2_S() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        IQ2_XS.splitScales(f16(block, 0), block, 74, scales);
        byte[] grid = Codebooks.iq2s();
        for (int e = 0; e < 32; e++) {
            int high = u8(block, 66 + e / 4) >> 2 * (e % 4) & 3;
            Codebooks.signed(grid, 8, u8(block, 2 + e) | high << 8, u8(block, 34 + e), codes, 8 * e);
        }
    }
}

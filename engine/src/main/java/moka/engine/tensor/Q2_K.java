package moka.engine.tensor;

import static moka.engine.tensor.Packing.addPairsBy128;
import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.u8;

import java.util.Arrays;
import moka.gguf.TensorType;

/**
 * 256 elements in 84 bytes: {@code 0: 16 bytes sc; 16: 64 bytes pairs q by 128; 80: f16 d; 82: f16 dmin}. Groups of
 * 16; low nibble of {@code sc[g]}: scale, high: minimum. Value {@code d * scale * q - dmin * minimum}.
 */
final class Q2_K {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q2_K, ActivationType.Q8_K, BlockFormat.Codes.affine(16, 3), Q2_K::split);

    private Q2_K() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        float d = f16(block, 80);
        float dmin = f16(block, 82);
        for (int g = 0; g < 16; g++) {
            scales[g] = d * (block[g] & 15);
            minimums[g] = dmin * (u8(block, g) >> 4);
        }
        Arrays.fill(codes, (byte) 0);
        addPairsBy128(block, 16, codes, 1);
    }
}

package moka.engine.tensor;

import static moka.engine.tensor.Packing.addBitPlanes;
import static moka.engine.tensor.Packing.addPairsBy128;
import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.u8;

import java.util.Arrays;
import moka.gguf.TensorType;

/**
 * 256 elements in 110 bytes:
 * {@code 0: 32 bytes third bits; 32: 64 bytes pairs q by 128; 96: 12 bytes sc; 108: f16 d}. Groups of 16 with 6-bit
 * scales. Value {@code d * (scale - 32) * (q - 4)} with q of three bits.
 */
final class Q3_K {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q3_K, ActivationType.Q8_K, BlockFormat.Codes.symmetric(16, -4, 3), Q3_K::split);

    private Q3_K() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        float d = f16(block, 108);
        for (int g = 0; g < 16; g++) {
            scales[g] = d * (scale(block, g) - 32);
        }
        Arrays.fill(codes, (byte) -4);
        addPairsBy128(block, 32, codes, 1);
        addBitPlanes(block, 0, codes, 4);
    }

    /** Low four bits: nibbles of bytes 0 to 7; upper two: pairs of bytes 8 to 11. */
    private static int scale(byte[] block, int group) {
        int low = u8(block, 96 + group % 8) >> 4 * (group / 8) & 15;
        int high = block[104 + group % 4] >> 2 * (group / 4) & 3;
        return low | high << 4;
    }
}

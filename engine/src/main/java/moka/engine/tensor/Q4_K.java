package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.nibblesBy64;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 256 elements in 144 bytes: {@code 0: f16 d; 2: f16 dmin; 4: 12 bytes sc; 16: 128 bytes nibbles q by 64}. Groups of
 * 32 with 6-bit scales and minimums. Value {@code d * scale * q - dmin * minimum}.
 */
final class Q4_K {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q4_K, ActivationType.Q8_K, BlockFormat.Codes.affine(32, 15), Q4_K::split);

    private Q4_K() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        splitScales(block, scales, minimums);
        nibblesBy64(block, 16, codes);
    }

    /**
     * The head of 16 bytes that Q4_K and Q5_K share: groups 0 to 3 have six bits in one byte, groups 4 to 7 four and
     * two.
     */
    static void splitScales(byte[] block, float[] scales, float[] minimums) {
        float d = f16(block, 0);
        float dmin = f16(block, 2);
        for (int g = 0; g < 4; g++) {
            int scaleByte = u8(block, 4 + g);
            int minimumByte = u8(block, 8 + g);
            int mixedByte = u8(block, 12 + g);
            scales[g] = d * (scaleByte & 63);
            minimums[g] = dmin * (minimumByte & 63);
            scales[g + 4] = d * (mixedByte & 15 | scaleByte >> 6 << 4);
            minimums[g + 4] = dmin * (mixedByte >> 4 | minimumByte >> 6 << 4);
        }
    }
}

package moka.engine.tensor;

import static moka.engine.tensor.Packing.joinNibbles;
import static moka.engine.tensor.Packing.largestMagnitude;
import static moka.engine.tensor.Packing.splitNibbles;
import static moka.engine.tensor.Packing.u8;

import moka.gguf.TensorType;

/**
 * 32 elements in 17 bytes: {@code 0: u8 e; 1: 16 bytes split nibbles q}. Value {@code 2^(e - 128) * F[q]} with F of
 * {@link Codebooks#E2M1_DOUBLED}. Scale byte 255, NaN in the OCP standard, is not treated apart, as in the reference.
 *
 * <p>Rounding: the exponent of the largest magnitude becomes that of 4 in E2M1.
 */
final class MXFP4 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.MXFP4,
            ActivationType.Q8_0,
            BlockFormat.Codes.symmetric(32, -12, 12),
            MXFP4::split,
            MXFP4::quantize);

    private MXFP4() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        scales[0] = scale(u8(block, 0));
        splitNibbles(block, 1, codes, 0, 16);
        Codebooks.replace(codes, Codebooks.E2M1_DOUBLED);
    }

    private static void quantize(float[] values, byte[] block) {
        float largest = largestMagnitude(values);
        int exponent = largest == 0 ? 0 : floorOfLog2(largest) - 2 + 127;
        float scale = scale(exponent);
        var codes = new byte[32];
        for (int i = 0; i < 32; i++) {
            codes[i] = (byte) Codebooks.nearestE2M1(values[i], scale);
        }
        block[0] = (byte) exponent;
        joinNibbles(codes, 0, block, 1, 16);
    }

    /** Half of the E8M0 value: subnormal for 0 and 1. */
    private static float scale(int exponentByte) {
        return Math.scalb(1f, exponentByte - 128);
    }

    /** With the logarithm rounded to float32, as in the reference: just below a power of two it gives that power. */
    private static int floorOfLog2(float value) {
        return (int) Math.floor((float) (Math.log(value) / Math.log(2)));
    }
}

package moka.engine.tensor;

import static moka.engine.tensor.Packing.firstExtreme;
import static moka.engine.tensor.Packing.i32;
import static moka.engine.tensor.Packing.putI32;
import static moka.engine.tensor.Packing.putU16;

import java.util.Arrays;
import moka.gguf.TensorType;

/**
 * 256 elements in 292 bytes: {@code 0: float32 d; 4: 256 x i8 q; 260: 16 x i16} sums of the codes of 16. Value
 * {@code d * q}. Made for activations beside K and lattice types, not for storage.
 *
 * <p>Rounding: the element of largest magnitude becomes -127; halves go to even.
 */
final class Q8_K {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.Q8_K,
            ActivationType.Q8_K,
            BlockFormat.Codes.symmetric(32, -128, 127),
            Q8_K::split,
            Q8_K::quantize);

    private Q8_K() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        Arrays.fill(scales, Float.intBitsToFloat(i32(block, 0)));
        System.arraycopy(block, 4, codes, 0, 256);
    }

    private static void quantize(float[] values, byte[] block) {
        float extreme = firstExtreme(values);
        float inverse = extreme == 0 ? 0 : -127 / extreme;
        putI32(block, 0, Float.floatToRawIntBits(extreme == 0 ? 0 : 1 / inverse));
        for (int g = 0; g < 16; g++) {
            int sum = 0;
            for (int i = 16 * g; i < 16 * g + 16; i++) {
                int code = Math.min(127, (int) Math.rint(inverse * values[i]));
                block[4 + i] = (byte) code;
                sum += code;
            }
            putU16(block, 260 + 2 * g, sum);
        }
    }
}

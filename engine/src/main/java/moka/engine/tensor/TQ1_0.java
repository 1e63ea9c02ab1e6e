package moka.engine.tensor;

import static moka.engine.tensor.Packing.f16;
import static moka.engine.tensor.Packing.inverse;
import static moka.engine.tensor.Packing.largestMagnitude;
import static moka.engine.tensor.Packing.putF16;
import static moka.engine.tensor.Packing.round;
import static moka.engine.tensor.Packing.u8;

import java.util.Arrays;
import moka.gguf.TensorType;

/**
 * Ternary, 256 elements in 54 bytes: {@code 0: 48 bytes; 48: 4 bytes; 52: f16 d}. Value {@code d * (digit - 1)}. A
 * byte holds five base-3 digits (four in the last four bytes) as a fraction of 256: digit n is the integer part of
 * {@code 3 * fraction(byte / 256 * 3^n)}.
 *
 * <p>Digit n of the bytes follow each other: five times 32 elements, five times 16, four times 4.
 */
final class TQ1_0 {
    static final TensorFormat FORMAT = new BlockFormat(
            TensorType.TQ1_0,
            ActivationType.Q8_K,
            BlockFormat.Codes.symmetric(32, -1, 1),
            TQ1_0::split,
            TQ1_0::quantize);

    private static final int[] POWERS_OF_3 = {1, 3, 9, 27, 81};

    private TQ1_0() {}

    private static void split(byte[] block, byte[] codes, float[] scales, float[] minimums) {
        Arrays.fill(scales, f16(block, 52));
        for (int i = 0; i < 256; i++) {
            int fraction = u8(block, byteOf(i)) * POWERS_OF_3[digitOf(i)] & 0xFF;
            codes[i] = (byte) ((3 * fraction >> 8) - 1);
        }
    }

    private static void quantize(float[] values, byte[] block) {
        float d = largestMagnitude(values);
        float inverse = inverse(d);
        var numbers = new int[52];
        for (int i = 0; i < 256; i++) {
            int digit = round(values[i] * inverse) + 1;
            numbers[byteOf(i)] += digit * POWERS_OF_3[4 - digitOf(i)];
        }
        for (int b = 0; b < 52; b++) {
            block[b] = (byte) ((256 * numbers[b] + 242) / 243);
        }
        putF16(block, 52, d);
    }

    private static int byteOf(int i) {
        return i < 160 ? i % 32 : i < 240 ? 32 + (i - 160) % 16 : 48 + (i - 240) % 4;
    }

    private static int digitOf(int i) {
        return i < 160 ? i / 32 : i < 240 ? (i - 160) / 16 : (i - 240) / 4;
    }
}

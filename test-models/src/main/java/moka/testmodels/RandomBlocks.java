package moka.testmodels;

import java.util.SplittableRandom;
import moka.gguf.TensorType;

/**
 * Random blocks of any tensor type, made without a quantizer: random bytes for codes and sub-scales, and a scale such
 * that the values have a given deviation from 0. Values are about uniform rather than Gaussian, which no kernel
 * minds.
 */
public final class RandomBlocks {
    /**
     * Where a type keeps its scale, and what values come out if this is 1.
     *
     * @param scaleOffset byte offset of the float16 scale in a block
     * @param spread root of the mean square of the values if the scale is 1
     * @param minimumOffset byte offset of the float16 minimum, or -1
     * @param minimumRatio minimum that brings the mean to 0 if the scale is 1
     */
    private record Scheme(int scaleOffset, double spread, int minimumOffset, double minimumRatio) {
        Scheme(int scaleOffset, double spread) {
            this(scaleOffset, spread, -1, 0);
        }
    }

    /** Root of the mean square of twice the E2M1 values. */
    private static final double E2M1_SPREAD = 5.85;

    private RandomBlocks() {}

    /**
     * Makes blocks.
     *
     * @param deviation root of the mean square of the values: reached to 8 % (to a factor of 1.5 by the types with a
     * scale of 8 bits)
     * @param elements a whole number of blocks
     */
    public static byte[] make(TensorType type, double deviation, int elements, SplittableRandom random) {
        var bytes = new byte[Math.toIntExact(type.rowBytes(elements))];
        random.nextBytes(bytes);
        if (type == TensorType.TQ2_0 || type == TensorType.Q2_0) {
            clearCodesOfThree(bytes);
        }
        for (int block = 0; block < bytes.length; block += type.blockBytes()) {
            // Scales differ from block to block, by up to a quarter.
            setScale(type, deviation * (0.75 + 0.5 * random.nextDouble()), bytes, block, random);
        }
        return bytes;
    }

    private static void setScale(
            TensorType type, double deviation, byte[] bytes, int block, SplittableRandom random) {
        double uniform = deviation * Math.sqrt(3) * (2 * random.nextDouble() - 1);
        switch (type) {
            case F32 -> putInt(bytes, block, Float.floatToIntBits((float) uniform));
            case F16 -> putHalf(bytes, block, uniform);
            case BF16 -> putShort(bytes, block, Float.floatToIntBits((float) uniform) >> 16);
            case F64 -> putLong(bytes, block, Double.doubleToLongBits(uniform));
            case I8, I16, I32, I64 -> {
                // Integers are what they are.
            }
            case MXFP4 -> bytes[block] = (byte) (128 + Math.round(log2(deviation / E2M1_SPREAD)));
            case NVFP4 -> {
                for (int group = 0; group < 4; group++) {
                    bytes[block + group] = (byte) nearestUe4m3(2 * deviation / E2M1_SPREAD);
                }
            }
            case Q8_K -> putInt(bytes, block, Float.floatToIntBits((float) (deviation / 73.9)));
            case IQ1_M -> spreadHalf(bytes, block + 48, deviation / 7.4);
            default -> {
                Scheme scheme = scheme(type);
                double scale = deviation / scheme.spread;
                putHalf(bytes, block + scheme.scaleOffset, scale);
                if (scheme.minimumOffset >= 0) {
                    putHalf(bytes, block + scheme.minimumOffset, scheme.minimumRatio * scale);
                }
            }
        }
    }

    /**
     * Quantizers of these types make no code 3, and it would bring the mean away from 0: it becomes 1, which is the
     * value 0.
     */
    private static void clearCodesOfThree(byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= (byte) ~((bytes[i] & bytes[i] >> 1 & 0x55) << 1);
        }
    }

    private static Scheme scheme(TensorType type) {
        return switch (type) {
            case Q4_0 -> new Scheme(0, 4.64);
            case Q4_1 -> new Scheme(0, 4.61, 2, -7.5);
            case Q5_0 -> new Scheme(0, 9.25);
            case Q5_1 -> new Scheme(0, 9.23, 2, -15.5);
            case Q8_0 -> new Scheme(0, 73.9);
            case Q8_1 -> new Scheme(0, 73.9, 2, 0);
            case Q2_K -> new Scheme(80, 13.2, 82, 1.5);
            case Q3_K -> new Scheme(108, 43.3);
            case Q4_K -> new Scheme(0, 255, 2, 7.5);
            case Q5_K -> new Scheme(0, 520, 2, 15.5);
            case Q6_K -> new Scheme(208, 1366);
            case IQ2_XXS -> new Scheme(0, 53.2);
            case IQ2_XS -> new Scheme(0, 55.7);
            case IQ2_S -> new Scheme(0, 55.5);
            case IQ3_XXS -> new Scheme(0, 140);
            case IQ3_S -> new Scheme(0, 140);
            case IQ1_S -> new Scheme(0, 7.4);
            case IQ4_NL -> new Scheme(0, 72.7);
            case IQ4_XS -> new Scheme(0, 1343);
            case TQ1_0 -> new Scheme(52, 0.82);
            case TQ2_0 -> new Scheme(64, 0.707);
            case Q1_0 -> new Scheme(0, 1);
            case Q2_0 -> new Scheme(0, 0.707);
            default -> throw new IllegalArgumentException(type + " has no float16 scale");
        };
    }

    private static double log2(double value) {
        return Math.log(value) / Math.log(2);
    }

    /** Unsigned E4M3: {@code m * 2^-9} below 2^-6, else {@code (1 + m/8) * 2^(e - 7)}; at least the smallest. */
    private static int nearestUe4m3(double value) {
        int nearest = 1;
        for (int code = 2; code < 127; code++) {
            if (Math.abs(ue4m3(code) - value) < Math.abs(ue4m3(nearest) - value)) {
                nearest = code;
            }
        }
        return nearest;
    }

    private static double ue4m3(int code) {
        int exponent = code >> 3;
        int mantissa = code & 7;
        return exponent == 0 ? Math.scalb((double) mantissa, -9) : Math.scalb(8.0 + mantissa, exponent - 10);
    }

    /** IQ1_M has no field for its scale: the four nibbles are the highest of four 16-bit words. */
    private static void spreadHalf(byte[] bytes, int offset, double value) {
        int bits = Float.floatToFloat16((float) value);
        for (int k = 0; k < 4; k++) {
            int at = offset + 2 * k + 1;
            bytes[at] = (byte) (bytes[at] & 15 | (bits >> 4 * k & 15) << 4);
        }
    }

    private static void putHalf(byte[] bytes, int offset, double value) {
        putShort(bytes, offset, Float.floatToFloat16((float) value));
    }

    private static void putShort(byte[] bytes, int offset, int value) {
        bytes[offset] = (byte) value;
        bytes[offset + 1] = (byte) (value >> 8);
    }

    private static void putInt(byte[] bytes, int offset, int value) {
        putShort(bytes, offset, value);
        putShort(bytes, offset + 2, value >> 16);
    }

    private static void putLong(byte[] bytes, int offset, long value) {
        putInt(bytes, offset, (int) value);
        putInt(bytes, offset + 4, (int) (value >> 32));
    }
}

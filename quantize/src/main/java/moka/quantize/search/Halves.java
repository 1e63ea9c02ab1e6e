package moka.quantize.search;

/** Float16 fields of blocks. */
final class Halves {
    private static final double LARGEST = 65504;

    private Halves() {}

    /** The nearest float16 value; what is beyond the largest becomes the largest. */
    static float round(double value) {
        return Float.float16ToFloat(Float.floatToFloat16((float) Math.clamp(value, -LARGEST, LARGEST)));
    }

    static float get(byte[] block, int offset) {
        return Float.float16ToFloat((short) (block[offset] & 255 | block[offset + 1] << 8));
    }

    static void put(byte[] block, int offset, float value) {
        short bits = Float.floatToFloat16(value);
        block[offset] = (byte) bits;
        block[offset + 1] = (byte) (bits >> 8);
    }
}

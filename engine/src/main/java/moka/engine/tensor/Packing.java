package moka.engine.tensor;

/** How fields and codes are packed into the bytes of a block: what several tensor types share. Little-endian. */
final class Packing {
    private Packing() {}

    static int u8(byte[] block, int offset) {
        return block[offset] & 0xFF;
    }

    static int u16(byte[] block, int offset) {
        return u8(block, offset) | u8(block, offset + 1) << 8;
    }

    static int i32(byte[] block, int offset) {
        return u16(block, offset) | u16(block, offset + 2) << 16;
    }

    static float f16(byte[] block, int offset) {
        return Float.float16ToFloat((short) u16(block, offset));
    }

    static void putF16(byte[] block, int offset, float value) {
        putU16(block, offset, Float.floatToFloat16(value));
    }

    static void putU16(byte[] block, int offset, int value) {
        block[offset] = (byte) value;
        block[offset + 1] = (byte) (value >> 8);
    }

    static void putI32(byte[] block, int offset, int value) {
        putU16(block, offset, value);
        putU16(block, offset + 2, value >> 16);
    }

    /** Split nibbles: of 2n elements in n bytes the first n are the low nibbles, the others the high ones. */
    static void splitNibbles(byte[] block, int offset, byte[] codes, int first, int byteCount) {
        for (int i = 0; i < byteCount; i++) {
            codes[first + i] = (byte) (block[offset + i] & 15);
            codes[first + byteCount + i] = (byte) (u8(block, offset + i) >> 4);
        }
    }

    /** Stores codes of 4 bits as split nibbles; higher bits are left out. */
    static void joinNibbles(byte[] codes, int first, byte[] block, int offset, int byteCount) {
        for (int i = 0; i < byteCount; i++) {
            block[offset + i] = (byte) (codes[first + i] & 15 | codes[first + byteCount + i] << 4);
        }
    }

    /** Nibbles of 256 elements in 128 bytes: split nibbles for each 64. */
    static void nibblesBy64(byte[] block, int offset, byte[] codes) {
        for (int i = 0; i < 256; i += 64) {
            splitNibbles(block, offset + i / 2, codes, i, 32);
        }
    }

    /**
     * Adds {@code unit} times 2-bit numbers to 256 codes: 32 bytes for each half of 128 elements hold the first 32 in
     * bits 0 and 1, the next in bits 2 and 3, and so on.
     */
    static void addPairsBy128(byte[] block, int offset, byte[] codes, int unit) {
        for (int half = 0; half < 2; half++) {
            for (int part = 0; part < 4; part++) {
                for (int i = 0; i < 32; i++) {
                    int pair = block[offset + 32 * half + i] >> 2 * part & 3;
                    codes[128 * half + 32 * part + i] += (byte) (unit * pair);
                }
            }
        }
    }

    /**
     * Adds {@code unit} to 256 codes where their bit is set: for element i bit {@code i / 32} of byte {@code i % 32}.
     */
    static void addBitPlanes(byte[] block, int offset, byte[] codes, int unit) {
        for (int plane = 0; plane < 8; plane++) {
            for (int i = 0; i < 32; i++) {
                codes[32 * plane + i] += (byte) (unit * (block[offset + i] >> plane & 1));
            }
        }
    }

    /** Adds the fifth bits of 32 codes, bit {@code i} of a 32-bit word for code {@code i}. */
    static void addFifthBits(int word, byte[] codes) {
        for (int i = 0; i < 32; i++) {
            codes[i] += (byte) ((word >>> i & 1) << 4);
        }
    }

    /** The fifth bits of 32 codes as a word. */
    static int fifthBits(byte[] codes) {
        int word = 0;
        for (int i = 0; i < 32; i++) {
            word |= (codes[i] >> 4 & 1) << i;
        }
        return word;
    }

    static float largestMagnitude(float[] values) {
        return Math.abs(firstExtreme(values));
    }

    static float smallest(float[] values) {
        float smallest = values[0];
        for (float value : values) {
            smallest = value < smallest ? value : smallest;
        }
        return smallest;
    }

    static float largest(float[] values) {
        float largest = values[0];
        for (float value : values) {
            largest = value > largest ? value : largest;
        }
        return largest;
    }

    /** The first value of the largest magnitude, with its sign. */
    static float firstExtreme(float[] values) {
        float extreme = 0;
        for (float value : values) {
            if (Math.abs(value) > Math.abs(extreme)) {
                extreme = value;
            }
        }
        return extreme;
    }

    /** {@code 1/d}, or 0 for 0. */
    static float inverse(float d) {
        return d == 0 ? 0 : 1 / d;
    }

    /** Nearest integer, halves away from zero. */
    static int round(float value) {
        int magnitude = (int) (Math.abs((double) value) + 0.5);
        return value < 0 ? -magnitude : magnitude;
    }
}

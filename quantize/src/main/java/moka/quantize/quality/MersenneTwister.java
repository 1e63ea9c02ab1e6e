package moka.quantize.quality;

/** MT19937 of 32 bits, with which llama.cpp draws tasks: the same seed draws the same ones. For one thread. */
final class MersenneTwister {
    private static final int LENGTH = 624;
    private static final int SHIFT = 397;

    private final int[] state = new int[LENGTH];
    private int next = LENGTH;

    MersenneTwister(int seed) {
        state[0] = seed;
        for (int i = 1; i < LENGTH; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
        }
    }

    /** 0 to 2^32 - 1. */
    long next() {
        if (next == LENGTH) {
            for (int i = 0; i < LENGTH; i++) {
                int joined = state[i] & 0x80000000 | state[(i + 1) % LENGTH] & 0x7fffffff;
                state[i] = state[(i + SHIFT) % LENGTH] ^ joined >>> 1 ^ ((joined & 1) == 0 ? 0 : 0x9908b0df);
            }
            next = 0;
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= y << 7 & 0x9d2c5680;
        y ^= y << 15 & 0xefc60000;
        return (y ^ y >>> 18) & 0xffffffffL;
    }

    /** Below a bound, evenly: a product's upper half, drawn again where that would prefer some. */
    int below(int bound) {
        long product = next() * bound;
        long low = product & 0xffffffffL;
        if (low < bound) {
            long threshold = (1L << 32) % bound;
            while (low < threshold) {
                product = next() * bound;
                low = product & 0xffffffffL;
            }
        }
        return (int) (product >>> 32);
    }

    /** Below a bound, by a float32 product. */
    int scaledBelow(int bound) {
        float scale = 1 / (1f + (float) 0xffffffffL);
        return Math.min(bound - 1, (int) (scale * next() * bound));
    }
}

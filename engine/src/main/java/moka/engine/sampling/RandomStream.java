package moka.engine.sampling;

/**
 * The pseudo-random stream of one sequence: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), started
 * at the seed. The state is one {@code long}, so that a sampler can be saved, copied and rewound. The same seed gives the same numbers on
 * every machine and in every version of Moka.
 */
final class RandomStream {
    private long state;

    RandomStream(long seed) {
        state = seed;
    }

    long state() {
        return state;
    }

    void restore(long state) {
        this.state = state;
    }

    /** The next number in [0, 1), of 53 bits. */
    double nextDouble() {
        state += 0x9E3779B97F4A7C15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >>> 11) * 0x1.0p-53;
    }
}

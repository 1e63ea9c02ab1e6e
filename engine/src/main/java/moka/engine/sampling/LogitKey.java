package moka.engine.sampling;

/**
 * A token and its logit as one {@code long} whose ascending order is descending logit and, on ties, ascending id: the upper half is the
 * complement of the logit's bits made monotone, the lower half the id. Sorting and selecting are then sorting and selecting of longs.
 */
final class LogitKey {
    private LogitKey() {}

    static long of(float logit, int id) {
        int bits = Float.floatToRawIntBits(logit + 0.0f); // + 0.0f: minus zero equals zero
        int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
        return ((long) ~ascending << 32) | id;
    }

    static int id(long key) {
        return (int) key;
    }

    static float logit(long key) {
        int ascending = ~(int) (key >> 32);
        return Float.intBitsToFloat(ascending ^ ((ascending >> 31) & 0x7fffffff));
    }
}

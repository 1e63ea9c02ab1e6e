package moka.engine.sampling;

/**
 * For each block of a vocabulary's logits a value that none in it exceeds: what looks for large logits skips the blocks that have none, and that
 * is nearly all of them. Taken in one vector pass; a block with a logit that is not a number has no bound. Not thread-safe.
 */
final class LogitBounds {
    /** Logits of a block: long enough for the vector loop, short enough that most hold nothing large. */
    static final int BLOCK = 128;

    private final float[] bounds; // [block]

    LogitBounds(int vocabularySize) {
        bounds = new float[(vocabularySize + BLOCK - 1) / BLOCK];
    }

    /** Takes the bounds anew. @return the largest logit; not a number where any is not */
    float take(float[] logits) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int block = 0; block < bounds.length; block++) {
            int end = Math.min(logits.length, (block + 1) * BLOCK);
            float bound = Float.NEGATIVE_INFINITY;
            for (int id = block * BLOCK; id < end; id++) {
                bound = Math.max(bound, logits[id]);
            }
            bounds[block] = bound;
            largest = Math.max(largest, bound);
        }
        return largest;
    }

    /** The first block from {@code block} on that may hold such a logit; the number of blocks where there is none. */
    int next(int block, float least) {
        int at = block;
        while (at < bounds.length && bounds[at] < least) {
            at++;
        }
        return at;
    }
}

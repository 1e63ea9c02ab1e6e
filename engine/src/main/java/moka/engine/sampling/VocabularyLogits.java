package moka.engine.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The logits of a whole vocabulary by token id, for as long as no step needs its tokens one by one. Tokens whose logit is minus infinity or
 * not a number are absent. What looks for large logits leaps over blocks that have none ({@link LogitBounds}). Not thread-safe.
 */
final class VocabularyLogits {
    static final ValueLayout.OfFloat LOGIT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final float[] logits; // [vocabularySize]
    private final LogitBounds bounds;
    private boolean bounded; // whether the bounds are those of the logits
    private float largest; // as of the last time that the bounds were taken

    VocabularyLogits(int vocabularySize) {
        logits = new float[vocabularySize];
        bounds = new LogitBounds(vocabularySize);
    }

    /** Starts over (float32, little-endian). */
    void load(MemorySegment values) {
        MemorySegment.copy(values, LOGIT, 0, logits, 0, logits.length);
        bounded = false;
    }

    int size() {
        return logits.length;
    }

    float get(int token) {
        return logits[token];
    }

    void set(int token, float logit) {
        logits[token] = logit;
        bounded = false;
    }

    void divide(float temperature) {
        for (int id = 0; id < logits.length; id++) {
            logits[id] /= temperature;
        }
        bounded = false;
    }

    /** Takes all tokens away that a mask does not allow. @param mask bits by token id */
    void allowOnly(long[] mask) {
        for (int word = 0; word << 6 < logits.length; word++) {
            long forbidden = ~mask[word];
            if (forbidden == -1) {
                Arrays.fill(logits, word << 6, Math.min(logits.length, (word + 1) << 6), Float.NEGATIVE_INFINITY);
                continue;
            }
            for (; forbidden != 0; forbidden &= forbidden - 1) {
                int id = (word << 6) + Long.numberOfTrailingZeros(forbidden);
                if (id < logits.length) {
                    logits[id] = Float.NEGATIVE_INFINITY;
                }
            }
        }
        bounded = false;
    }

    /** The largest logit; not a number where any is not. At most one vector pass. */
    float largest() {
        if (!bounded) {
            largest = bounds.take(logits);
            bounded = true;
        }
        return largest;
    }

    /** The first token with a logit that some token has. */
    int firstWith(float logit) {
        int id = 0;
        while (logits[id] != logit) {
            id++;
        }
        return id;
    }

    /** Whether so many tokens are there. Looks at no more of them than needed. */
    boolean hasAtLeast(int wanted) {
        int present = 0;
        for (int id = 0; id < logits.length && present < wanted; id++) {
            present += logits[id] > Float.NEGATIVE_INFINITY ? 1 : 0;
        }
        return present >= wanted;
    }

    /** Whether some token has a smaller logit. Looks no further than the first one. */
    boolean hasBelow(double least) {
        for (float logit : logits) {
            if (logit < least && logit > Float.NEGATIVE_INFINITY) {
                return true;
            }
        }
        return false;
    }

    void read(int from, int count, float[] to) {
        System.arraycopy(logits, from, to, 0, count);
    }

    /** Lists all tokens, by id. @return how many there are */
    int list(long[] keys) {
        int listed = 0;
        for (int id = 0; id < logits.length; id++) {
            if (logits[id] > Float.NEGATIVE_INFINITY) {
                keys[listed++] = LogitKey.of(logits[id], id);
            }
        }
        return listed;
    }

    /** Lists the tokens with logits between two values, by id. @return how many there are */
    int listBetween(double least, double most, long[] keys) {
        float from = atLeast(least);
        float to = -atLeast(-most);
        largest();
        int listed = 0;
        for (int block = bounds.next(0, from); block * LogitBounds.BLOCK < logits.length; block = bounds.next(block + 1, from)) {
            int end = Math.min(logits.length, (block + 1) * LogitBounds.BLOCK);
            for (int id = block * LogitBounds.BLOCK; id < end; id++) {
                float logit = logits[id];
                keys[listed] = LogitKey.of(logit, id); // without a branch that half of the time is not foreseen
                listed += logit >= from && logit <= to && logit > Float.NEGATIVE_INFINITY ? 1 : 0;
            }
        }
        return listed;
    }

    /** The smallest float that is not below a value. */
    private static float atLeast(double value) {
        float rounded = (float) value;
        return rounded < value ? Math.nextUp(rounded) : rounded;
    }

    /** Lists the k best tokens, best first. @return how many there are. A heap whose root is the worst one kept. */
    int listBest(int k, long[] keys) {
        int size = 0;
        int id = 0;
        for (; id < logits.length && size < k; id++) {
            if (logits[id] > Float.NEGATIVE_INFINITY) {
                keys[size++] = LogitKey.of(logits[id], id);
            }
        }
        for (int root = size / 2 - 1; root >= 0; root--) {
            siftDown(keys, root, size);
        }
        if (size == k && k > 0) {
            takeBetter(id, keys, size);
        }
        for (int end = size - 1; end > 0; end--) {
            long worst = keys[0];
            keys[0] = keys[end];
            keys[end] = worst;
            siftDown(keys, 0, end);
        }
        return size;
    }

    /** Looks through the tokens from an id on for better ones than those in a heap. */
    private void takeBetter(int from, long[] keys, int size) {
        largest();
        float worst = LogitKey.logit(keys[0]);
        for (int id = from; id < logits.length; ) {
            int block = id / LogitBounds.BLOCK;
            int end = Math.min(logits.length, (block + 1) * LogitBounds.BLOCK);
            for (; id < end; id++) {
                if (logits[id] > worst) { // on ties the lower id, seen first, stays
                    keys[0] = LogitKey.of(logits[id], id);
                    siftDown(keys, 0, size);
                    worst = LogitKey.logit(keys[0]);
                }
            }
            id = bounds.next(block + 1, worst) * LogitBounds.BLOCK;
        }
    }

    private static void siftDown(long[] keys, int root, int size) {
        long moved = keys[root];
        int at = root;
        for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && keys[child + 1] > keys[child]) {
                child++;
            }
            if (keys[child] <= moved) {
                break;
            }
            keys[at] = keys[child];
            at = child;
        }
        keys[at] = moved;
    }
}

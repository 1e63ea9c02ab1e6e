package moka.engine.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The tokens that may still be drawn, with their logits. Starts as the whole vocabulary; steps change logits or take candidates away.
 * Tokens whose logit is minus infinity or not a number are no candidates. Not thread-safe; belongs to a {@link Sampler}.
 *
 * <p>A candidate is one {@code long} whose ascending order is descending logit and, on ties, ascending id: the upper half is the
 * complement of the logit's bits made monotone, the lower half the id. Sorting and selecting are then sorting and selecting of longs.
 * Until a step needs the candidates one by one ({@link #materialise()}), the vocabulary stays a plain array of logits, because
 * penalties touch few tokens and top-k keeps few.
 */
public final class Candidates {
    static final ValueLayout.OfFloat LOGIT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final TokenConstraint NONE = new TokenConstraint() {
        @Override
        public boolean allows(int token) {
            return true;
        }

        @Override
        public long[] mask() {
            throw new IllegalStateException("nothing is constrained");
        }
    };

    /** How many more than k of the largest logits are looked at before a mask is built for top-k. */
    private static final int LOOK_AHEAD = 88;

    private static final int HEAP_LIMIT = 1024;

    private final float[] logits; // [vocabularySize], by token id; those of candidates agree with their keys
    private final long[] keys; // [vocabularySize], the first count are the candidates
    private int count;
    private int width; // count and the tokens at minus infinity that no step has cut off
    private int sortedCount; // keys[0, sortedCount) are sorted and none after them belongs among them
    private boolean materialised;
    private TokenConstraint constraint = NONE;

    Candidates(int vocabularySize) {
        logits = new float[vocabularySize];
        keys = new long[vocabularySize];
    }

    /** Starts over with the logits of the whole vocabulary (float32, little-endian). */
    void load(MemorySegment values, TokenConstraint tokenConstraint) {
        MemorySegment.copy(values, LOGIT, 0, logits, 0, logits.length);
        constraint = tokenConstraint;
        width = logits.length;
        materialised = false;
    }

    void load(MemorySegment values) {
        load(values, NONE);
    }

    int vocabularySize() {
        return logits.length;
    }

    /** How many tokens may still be drawn. */
    public int count() {
        materialise();
        return count;
    }

    /**
     * Number of candidates together with the tokens that have a logit of minus infinity and were not cut off by a step. llama.cpp's dynamic
     * temperature measures the entropy against this.
     */
    int width() {
        return width;
    }

    /** Token id of a candidate, 0 to {@code count() - 1}. */
    public int id(int index) {
        return (int) keys[index];
    }

    /** Logit of a candidate after the steps so far. */
    public float logit(int index) {
        return logitOf(keys[index]);
    }

    /** Probability of a candidate among the candidates. Cost: one exponential for each candidate. */
    public double probability(int index) {
        double max = maxLogit();
        return Math.exp(logit(index) - max) / massAbove(max);
    }

    /** Sorts all candidates by descending logit, then ascending id. */
    public void sort() {
        sortBest(count());
    }

    /** Changes the logit of a token; {@link #refresh()} afterwards. */
    void setLogit(int token, float logit) {
        logits[token] = logit;
    }

    float logitOfToken(int token) {
        return logits[token];
    }

    /** Takes over changed logits of tokens into the candidates. */
    void refresh() {
        if (materialised) {
            int kept = 0;
            for (int i = 0; i < count; i++) {
                int id = (int) keys[i];
                if (logits[id] > Float.NEGATIVE_INFINITY) {
                    keys[kept++] = key(logits[id], id);
                }
            }
            count = kept;
            sortedCount = 0;
        }
    }

    /** Makes the list of candidates, the mask of the constraint applied. Cost: the vocabulary once. */
    void materialise() {
        if (materialised) {
            return;
        }
        int kept = 0;
        if (constraint == NONE) {
            for (int id = 0; id < logits.length; id++) {
                if (logits[id] > Float.NEGATIVE_INFINITY) {
                    keys[kept++] = key(logits[id], id);
                }
            }
        } else {
            long[] mask = constraint.mask();
            for (int word = 0; word << 6 < logits.length; word++) {
                for (long bits = mask[word]; bits != 0; bits &= bits - 1) {
                    int id = (word << 6) + Long.numberOfTrailingZeros(bits);
                    if (id < logits.length && logits[id] > Float.NEGATIVE_INFINITY) {
                        keys[kept++] = key(logits[id], id);
                    }
                }
            }
        }
        become(kept, 0);
    }

    private void become(int newCount, int newSortedCount) {
        count = newCount;
        sortedCount = newSortedCount;
        materialised = true;
    }

    /**
     * Keeps the k best candidates, sorted. From the plain vocabulary with a small k, this is one pass with a heap of k keys; with a
     * constraint, some more than k are taken and asked for one by one, which is exact where k of them are allowed.
     */
    void keepBest(int k) {
        width = Math.min(k, width);
        if (!materialised && constraint == NONE && k <= HEAP_LIMIT) {
            int kept = heapSelect(Math.min(k, logits.length));
            become(kept, kept);
        } else if (!materialised && constraint != NONE && k <= HEAP_LIMIT && keepBestAllowed(k)) {
            return;
        } else {
            materialise();
            int kept = Math.min(k, count);
            sortBest(kept);
            count = kept;
        }
    }

    private boolean keepBestAllowed(int k) {
        int found = heapSelect(Math.min(k + LOOK_AHEAD, logits.length));
        int kept = 0;
        for (int i = 0; i < found && kept < k; i++) {
            if (constraint.allows((int) keys[i])) {
                keys[kept++] = keys[i];
            }
        }
        if (kept < k) {
            return false; // the mask decides: perhaps others are allowed further down
        }
        become(kept, kept);
        return true;
    }

    /** Puts the k best of the vocabulary into keys, sorted; returns how many there are. A heap whose root is the worst one kept. */
    private int heapSelect(int k) {
        int size = 0;
        int id = 0;
        for (; id < logits.length && size < k; id++) {
            if (logits[id] > Float.NEGATIVE_INFINITY) {
                keys[size++] = key(logits[id], id);
            }
        }
        for (int root = size / 2 - 1; root >= 0; root--) {
            siftDown(root, size);
        }
        if (size == k && k > 0) {
            float worst = logitOf(keys[0]);
            for (; id < logits.length; id++) {
                if (logits[id] > worst) { // on ties the lower id, seen first, stays
                    keys[0] = key(logits[id], id);
                    siftDown(0, size);
                    worst = logitOf(keys[0]);
                }
            }
        }
        for (int end = size - 1; end > 0; end--) {
            long largest = keys[0];
            keys[0] = keys[end];
            keys[end] = largest;
            siftDown(0, end);
        }
        return size;
    }

    private void siftDown(int root, int size) {
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

    /** Makes the first n candidates the n best, sorted. */
    void sortBest(int n) {
        if (n > sortedCount) {
            KeyOrder.select(keys, sortedCount, count, n);
            KeyOrder.sort(keys, sortedCount, n);
            sortedCount = n;
        }
    }

    /** Keeps the first n candidates of the present order. */
    void keepFirst(int n) {
        count = Math.min(count, n);
        width = count;
        sortedCount = Math.min(sortedCount, count);
    }

    /** Drops the first n candidates of the present order. */
    void dropFirst(int n) {
        System.arraycopy(keys, n, keys, 0, count - n);
        count -= n;
        width -= n;
        sortedCount = Math.max(0, sortedCount - n);
    }

    /** Keeps candidates whose logit is at least {@code least}. */
    void keepAtLeast(double least) {
        materialise();
        int kept = 0;
        int sorted = 0;
        for (int i = 0; i < count; i++) {
            if (logitOf(keys[i]) >= least) {
                sorted += i < sortedCount ? 1 : 0;
                keys[kept++] = keys[i];
            }
        }
        count = kept;
        sortedCount = sorted;
    }

    /** Sorts the candidates by the distance of their logit from a value, ties by id; ended by {@link #keepNearest}. */
    void orderByDistance(double center) {
        for (int i = 0; i < count; i++) {
            int id = (int) keys[i];
            keys[i] = ((long) Float.floatToRawIntBits((float) Math.abs(center - logits[id])) << 32) | id;
        }
        KeyOrder.sort(keys, 0, count);
    }

    /** Logit of a candidate while they are ordered by distance. */
    float logitByDistance(int index) {
        return logits[(int) keys[index]];
    }

    /** Ends {@link #orderByDistance}: the first n stay. */
    void keepNearest(int n) {
        width = n < count ? n : width;
        count = Math.min(n, count);
        for (int i = 0; i < count; i++) {
            int id = (int) keys[i];
            keys[i] = key(logits[id], id);
        }
        sortedCount = 0;
    }

    /** Divides all logits by a positive temperature; the order stays. */
    void divide(float temperature) {
        materialise();
        for (int i = 0; i < count; i++) {
            int id = (int) keys[i];
            logits[id] /= temperature;
            keys[i] = key(logits[id], id);
        }
    }

    double maxLogit() {
        materialise();
        if (sortedCount > 0) {
            return logit(0);
        }
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, logitOf(keys[i]));
        }
        return max;
    }

    /** Sum of exp(logit - max) over the candidates. */
    double massAbove(double max) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Math.exp(logitOf(keys[i]) - max);
        }
        return sum;
    }

    static long key(float logit, int id) {
        int bits = Float.floatToRawIntBits(logit + 0.0f); // + 0.0f: minus zero equals zero
        int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
        return ((long) ~ascending << 32) | id;
    }

    static float logitOf(long key) {
        int ascending = ~(int) (key >> 32);
        return Float.intBitsToFloat(ascending ^ ((ascending >> 31) & 0x7fffffff));
    }
}

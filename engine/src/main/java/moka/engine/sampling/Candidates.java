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

    private static final int BLOCK = 512;

    /** So many candidates are not worth cutting down before they are sorted. */
    private static final int FEW = 4096;

    private final float[] logits; // [vocabularySize], by token id; those of candidates agree with their keys
    private final long[] keys; // [vocabularySize], the first count are the candidates
    private int count;
    private int width; // count and the tokens at minus infinity that no step has cut off
    private int sortedCount; // keys[0, sortedCount) are sorted and none after them belongs among them
    private boolean materialised;
    private TokenConstraint constraint = NONE;
    private final double[] blockMass; // [block]: sums of exp(logit - max) as of the last massAbove
    private final double[] weights = new double[BLOCK];
    private final float[] blockLogits = new float[BLOCK];
    private final LogitBounds bounds;
    private boolean bounded; // whether the bounds are those of the logits
    private float largest; // of all, as of the last time that the bounds were taken
    private double weighted; // see massAndWeightedSum

    Candidates(int vocabularySize) {
        logits = new float[vocabularySize];
        keys = new long[vocabularySize];
        blockMass = new double[(vocabularySize + BLOCK - 1) / BLOCK];
        bounds = new LogitBounds(vocabularySize);
    }

    /** Starts over with the logits of the whole vocabulary (float32, little-endian). */
    void load(MemorySegment values, TokenConstraint tokenConstraint) {
        MemorySegment.copy(values, LOGIT, 0, logits, 0, logits.length);
        constraint = tokenConstraint;
        width = logits.length;
        materialised = false;
        largest = bounds.take(logits);
        bounded = true;
    }

    void load(MemorySegment values) {
        load(values, NONE);
    }

    int vocabularySize() {
        return logits.length;
    }

    /** The largest logit of the whole vocabulary; not a number where any is not. At most one vector pass. */
    float largestOfAll() {
        if (!bounded) {
            largest = bounds.take(logits);
            bounded = true;
        }
        return largest;
    }

    private void requireBounds() {
        largestOfAll();
    }

    /** The first token with the largest logit of all. */
    int firstWith(float logit) {
        int id = 0;
        while (logits[id] != logit) {
            id++;
        }
        return id;
    }

    /** Whether nothing has asked for the candidates one by one, and there is no constraint: the array of logits stands for them. */
    private boolean isPlain() {
        return !materialised && constraint == NONE;
    }

    /** How many tokens may still be drawn, as {@link #count()}, but without a list of them. */
    int available() {
        if (!isPlain()) {
            return count();
        }
        int available = 0;
        for (float logit : logits) {
            available += logit > Float.NEGATIVE_INFINITY ? 1 : 0;
        }
        return available;
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
        bounded = false;
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
            requireBounds();
            float worst = logitOf(keys[0]);
            while (id < logits.length) {
                int block = id / LogitBounds.BLOCK;
                int end = Math.min(logits.length, (block + 1) * LogitBounds.BLOCK);
                for (; id < end; id++) {
                    if (logits[id] > worst) { // on ties the lower id, seen first, stays
                        keys[0] = key(logits[id], id);
                        siftDown(0, size);
                        worst = logitOf(keys[0]);
                    }
                }
                id = bounds.next(block + 1, worst) * LogitBounds.BLOCK;
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

    /** Keeps the k best candidates, in any order. */
    void selectBest(int k) {
        materialise();
        width = Math.min(k, width);
        if (k < count) {
            KeyOrder.select(keys, sortedCount, count, Math.max(k, sortedCount));
            count = k;
            sortedCount = Math.min(sortedCount, k);
        }
    }

    /**
     * Takes away all tokens of the plain vocabulary with at least this logit but the last of them, in descending order.
     *
     * @return false, and nothing changes, where there is a list already
     */
    boolean dropAboveButLast(double least, int minKeep) {
        if (!isPlain()) {
            return false;
        }
        int above = collect(least);
        if (above > 1 && available() - (above - 1) >= minKeep) {
            KeyOrder.sort(keys, 0, above);
            for (int i = 0; i < above - 1; i++) {
                logits[(int) keys[i]] = Float.NEGATIVE_INFINITY;
            }
            bounded = false;
            width -= above - 1;
        }
        return true;
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
        if (isPlain()) {
            int kept = collect(least);
            if (kept < logits.length) {
                become(kept, 0);
            }
            return;
        }
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

    /** Puts the tokens of the plain vocabulary with such logits into keys; returns how many there are. */
    private int collect(double least) {
        float least32 = (float) least;
        least32 = least32 < least ? Math.nextUp(least32) : least32;
        requireBounds();
        int kept = 0;
        for (int block = bounds.next(0, least32); block * LogitBounds.BLOCK < logits.length; block = bounds.next(block + 1, least32)) {
            int end = Math.min(logits.length, (block + 1) * LogitBounds.BLOCK);
            for (int id = block * LogitBounds.BLOCK; id < end; id++) {
                keys[kept] = key(logits[id], id); // without a branch that half of the time is not foreseen
                kept += logits[id] >= least32 && logits[id] > Float.NEGATIVE_INFINITY ? 1 : 0;
            }
        }
        return kept;
    }

    /**
     * Cuts off candidates that the likeliest ones with a mass (sum of exp(logit - max)) do not need: those that stay have that mass and
     * more. So what follows sorts hundreds and not the vocabulary.
     */
    void narrow(double max, double mass, int minKeep) {
        for (double depth = 3; depth < 50 && (isPlain() || count() > FEW); depth *= 2) {
            int kept = isPlain() ? collect(max - depth) : moveToFront(max - depth);
            if (kept >= minKeep && massOfKeys(kept, max) >= mass * (1 + 1e-8)) {
                become(kept, 0);
                width = kept;
                return;
            }
        }
    }

    private int moveToFront(double least) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (logitOf(keys[i]) >= least) {
                long moved = keys[i];
                keys[i] = keys[kept];
                keys[kept++] = moved;
            }
        }
        sortedCount = 0;
        return kept;
    }

    /** As {@link #narrow}, by the distance of the logit from a value in place of that from the largest. */
    void narrowAround(double center, double max, double mass, int minKeep) {
        for (double distance = 1; distance < 50 && (isPlain() || count() > FEW); distance *= 2) {
            int kept = isPlain() ? collectAround(center, distance) : moveAroundToFront(center, distance);
            if (kept >= minKeep && massOfKeys(kept, max) >= mass * (1 + 1e-8)) {
                become(kept, 0);
                width = kept;
                return;
            }
        }
    }

    private int collectAround(double center, double distance) {
        float least = (float) (center - distance);
        float most = (float) (center + distance);
        requireBounds();
        int kept = 0;
        for (int block = bounds.next(0, least); block * LogitBounds.BLOCK < logits.length; block = bounds.next(block + 1, least)) {
            int end = Math.min(logits.length, (block + 1) * LogitBounds.BLOCK);
            for (int id = block * LogitBounds.BLOCK; id < end; id++) {
                keys[kept] = key(logits[id], id);
                kept += logits[id] >= least && logits[id] <= most ? 1 : 0;
            }
        }
        return kept;
    }

    private int moveAroundToFront(double center, double distance) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (Math.abs(center - logitOf(keys[i])) <= distance) {
                long moved = keys[i];
                keys[i] = keys[kept];
                keys[kept++] = moved;
            }
        }
        sortedCount = 0;
        return kept;
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
        if (isPlain()) {
            for (int id = 0; id < logits.length; id++) {
                logits[id] /= temperature;
            }
            bounded = false;
            return;
        }
        materialise();
        for (int i = 0; i < count; i++) {
            int id = (int) keys[i];
            logits[id] /= temperature;
            keys[i] = key(logits[id], id);
        }
    }

    double maxLogit() {
        if (isPlain()) {
            return largestOfAll();
        }
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

    /** Sum of exp(logit - max) over the candidates; none is above max. */
    double massAbove(double max) {
        if (!isPlain()) {
            materialise();
            return massOfKeys(count, max);
        }
        double sum = 0;
        for (int from = 0; from < logits.length; from += BLOCK) {
            int size = Math.min(BLOCK, logits.length - from);
            Exponentials.of(logits, from, size, max, weights);
            blockMass[from / BLOCK] = Exponentials.sum(weights, size);
            sum += blockMass[from / BLOCK];
        }
        return sum;
    }

    private double massOfKeys(int size, double max) {
        double sum = 0;
        for (int from = 0; from < size; from += BLOCK) {
            blockMass[from / BLOCK] = Exponentials.sum(weights, weighBlock(from, Math.min(BLOCK, size - from), max));
            sum += blockMass[from / BLOCK];
        }
        return sum;
    }

    private int weighBlock(int from, int size, double max) {
        for (int i = 0; i < size; i++) {
            blockLogits[i] = logitOf(keys[from + i]);
        }
        Exponentials.of(blockLogits, 0, size, max, weights);
        return size;
    }

    /** As {@link #massAbove}; in the same pass the sum of exp(logit - max) * (logit - max), which {@link #weightedSum()} then tells. */
    double massAndWeightedSum(double max) {
        boolean plain = isPlain();
        int total = plain ? logits.length : count();
        double sum = 0;
        weighted = 0;
        for (int from = 0; from < total; from += BLOCK) {
            int size = Math.min(BLOCK, total - from);
            if (plain) {
                System.arraycopy(logits, from, blockLogits, 0, size);
                Exponentials.of(blockLogits, 0, size, max, weights);
            } else {
                weighBlock(from, size, max);
            }
            blockMass[from / BLOCK] = Exponentials.sum(weights, size);
            sum += blockMass[from / BLOCK];
            for (int i = 0; i < size; i++) {
                weights[i] *= Math.max(blockLogits[i] - max, Exponentials.LEAST);
            }
            weighted += Exponentials.sum(weights, size);
        }
        return sum;
    }

    double weightedSum() {
        return weighted;
    }

    /** Square of the standard deviation of the candidates' logits. One pass: blocks are joined as Chan, Golub and LeVeque (1979) do. */
    double variance() {
        boolean plain = isPlain();
        int total = plain ? logits.length : count();
        double n = 0;
        double mean = 0;
        double squares = 0;
        for (int from = 0; from < total; from += BLOCK) {
            int size = finiteLogits(plain, from, Math.min(BLOCK, total - from));
            if (size > 0) {
                double blockMean = Exponentials.sum(weights, size) / size;
                for (int i = 0; i < size; i++) {
                    weights[i] = (weights[i] - blockMean) * (weights[i] - blockMean);
                }
                double difference = blockMean - mean;
                squares += Exponentials.sum(weights, size) + difference * difference * n * size / (n + size);
                mean += difference * size / (n + size);
                n += size;
            }
        }
        return n == 0 ? 0 : squares / n;
    }

    private int finiteLogits(boolean plain, int from, int size) {
        int finite = 0;
        for (int i = 0; i < size; i++) {
            float logit = plain ? logits[from + i] : logitOf(keys[from + i]);
            weights[finite] = logit;
            finite += logit > Float.NEGATIVE_INFINITY ? 1 : 0;
        }
        return finite;
    }

    /**
     * The token at which the sum of exp(logit - max) exceeds a target, in the present order. Looks at one block of candidates; the sums of
     * blocks are those of {@link #massAbove}, which must have been asked before with the same candidates.
     */
    int drawn(double max, double target) {
        int total = isPlain() ? logits.length : count;
        double sum = 0;
        int block = 0;
        for (; (block + 1) * BLOCK < total && sum + blockMass[block] <= target; block++) {
            sum += blockMass[block];
        }
        int from = block * BLOCK;
        int size = Math.min(BLOCK, total - from);
        if (isPlain()) {
            Exponentials.of(logits, from, size, max, weights);
        } else {
            weighBlock(from, size, max);
        }
        int drawn = -1;
        for (int i = 0; i < size && (drawn < 0 || sum <= target); i++) {
            sum += weights[i];
            int token = isPlain() ? from + i : id(from + i);
            drawn = logits[token] > Float.NEGATIVE_INFINITY ? token : drawn;
        }
        return drawn;
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

package moka.engine.sampling;

/**
 * Candidates one by one, as keys of token and logit ({@link LogitKey}) that agree with the logits of the vocabulary. Their order is whatever the
 * last step left; a prefix may be sorted. Not thread-safe.
 */
final class CandidateList {
    private final VocabularyLogits vocabulary;
    private final long[] keys; // [vocabularySize], the first count are the candidates
    private int count;
    private int sortedCount; // keys[0, sortedCount) are sorted and none after them belongs among them

    CandidateList(VocabularyLogits vocabulary) {
        this.vocabulary = vocabulary;
        keys = new long[vocabulary.size()];
    }

    /** Where keys are written to before {@link #become}. */
    long[] keys() {
        return keys;
    }

    /** The first keys are the candidates from now on. @param newSortedCount how many of them are sorted */
    void become(int newCount, int newSortedCount) {
        count = newCount;
        sortedCount = newSortedCount;
    }

    int count() {
        return count;
    }

    int id(int index) {
        return LogitKey.id(keys[index]);
    }

    float logit(int index) {
        return LogitKey.logit(keys[index]);
    }

    /** Copies logits in the present order. */
    void read(int from, int size, float[] to) {
        for (int i = 0; i < size; i++) {
            to[i] = LogitKey.logit(keys[from + i]);
        }
    }

    float maxLogit() {
        if (sortedCount > 0) {
            return logit(0);
        }
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, logit(i));
        }
        return max;
    }

    /** Takes over changed logits of the vocabulary; candidates at minus infinity go. */
    void refresh() {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int id = id(i);
            if (vocabulary.get(id) > Float.NEGATIVE_INFINITY) {
                keys[kept++] = LogitKey.of(vocabulary.get(id), id);
            }
        }
        become(kept, 0);
    }

    /** Divides the logits by a positive temperature; the order stays. */
    void divide(float temperature) {
        for (int i = 0; i < count; i++) {
            int id = id(i);
            vocabulary.set(id, vocabulary.get(id) / temperature);
            keys[i] = LogitKey.of(vocabulary.get(id), id);
        }
    }

    /** Makes the first n candidates the n best, sorted. */
    void sortBest(int n) {
        if (n > sortedCount) {
            KeyOrder.select(keys, sortedCount, count, n);
            KeyOrder.sort(keys, sortedCount, n);
            sortedCount = n;
        }
    }

    /** Keeps the k best candidates, in any order. */
    void keepBest(int k) {
        if (k < count) {
            KeyOrder.select(keys, sortedCount, count, Math.max(k, sortedCount));
            become(k, Math.min(sortedCount, k));
        }
    }

    /** Keeps the first n candidates of the present order. */
    void keepFirst(int n) {
        count = Math.min(count, n);
        sortedCount = Math.min(sortedCount, count);
    }

    /** Drops the first n candidates of the present order. */
    void dropFirst(int n) {
        System.arraycopy(keys, n, keys, 0, count - n);
        become(count - n, Math.max(0, sortedCount - n));
    }

    /** Keeps candidates whose logit is at least {@code least}, in their order. */
    void keepAtLeast(double least) {
        int kept = 0;
        int sorted = 0;
        for (int i = 0; i < count; i++) {
            if (logit(i) >= least) {
                sorted += i < sortedCount ? 1 : 0;
                keys[kept++] = keys[i];
            }
        }
        become(kept, sorted);
    }

    /** Moves candidates with logits between two values to the front; nothing is taken away. @return how many they are */
    int moveToFront(double least, double most) {
        int moved = 0;
        for (int i = 0; i < count; i++) {
            if (logit(i) >= least && logit(i) <= most) {
                long key = keys[i];
                keys[i] = keys[moved];
                keys[moved++] = key;
            }
        }
        sortedCount = 0;
        return moved;
    }

    /** Sorts the candidates by the distance of their logit from a value, ties by id; ended by {@link #keepNearest}. */
    void orderByDistance(double center) {
        for (int i = 0; i < count; i++) {
            int id = id(i);
            keys[i] = ((long) Float.floatToRawIntBits((float) Math.abs(center - vocabulary.get(id))) << 32) | id;
        }
        KeyOrder.sort(keys, 0, count);
    }

    /** Logit of a candidate while they are ordered by distance. */
    float logitByDistance(int index) {
        return vocabulary.get(id(index));
    }

    /** Ends {@link #orderByDistance}: the first n stay. */
    void keepNearest(int n) {
        become(Math.min(n, count), 0);
        for (int i = 0; i < count; i++) {
            keys[i] = LogitKey.of(vocabulary.get(id(i)), id(i));
        }
    }
}

package moka.engine.sampling;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that may still be drawn, with their logits. Starts as the whole vocabulary; steps change logits or take candidates away.
 * Tokens whose logit is minus infinity or not a number are no candidates. Not thread-safe; belongs to a {@link Sampler}.
 *
 * <p>Until a step needs the candidates one by one, the vocabulary stays a plain array of logits ({@link VocabularyLogits}), because penalties
 * touch few tokens and top-k keeps few; after that they are a list ({@link CandidateList}). A constraint is asked for its mask only where the
 * whole vocabulary matters; what it forbids then has a logit of minus infinity, so all that follows is the same as without one.
 */
public final class Candidates {
    /** How many more than k of the largest logits are looked at before a mask is built for top-k. */
    private static final int LOOK_AHEAD = 88;

    private static final int HEAP_LIMIT = 1024;

    /** So many candidates are not worth cutting down before they are sorted. */
    private static final int FEW = 4096;

    private final VocabularyLogits vocabulary;
    private final CandidateList list;
    private boolean listed;
    private int width; // candidates and the tokens at minus infinity that no step has cut off
    private @Nullable TokenConstraint constraint; // that is still to be applied
    private final LogitSums sums;
    private final LogitSums.Source plainLogits;
    private final LogitSums.Source listedLogits;
    private boolean massKnown; // of the plain vocabulary as it is now
    private double massMax;
    private double mass;

    Candidates(int vocabularySize) {
        vocabulary = new VocabularyLogits(vocabularySize);
        list = new CandidateList(vocabulary);
        plainLogits = vocabulary::read;
        listedLogits = list::read;
        sums = new LogitSums(vocabularySize);
    }

    /** Starts over with the logits of the whole vocabulary (float32, little-endian), of which a constraint allows some. */
    void load(MemorySegment values, TokenConstraint tokenConstraint) {
        load(values);
        constraint = tokenConstraint;
    }

    void load(MemorySegment values) {
        vocabulary.load(values);
        constraint = null;
        width = vocabulary.size();
        listed = false;
        massKnown = false;
    }

    // ---- what there is

    /** The largest logit of the whole vocabulary, whatever the constraint; not a number where any is not. */
    float largestOfAll() {
        return vocabulary.largest();
    }

    /** The first token with a logit that some token has. */
    int firstWith(float logit) {
        return vocabulary.firstWith(logit);
    }

    /** Whether the array of logits stands for the candidates: from here on the constraint matters. */
    private boolean isPlain() {
        if (constraint != null) {
            vocabulary.allowOnly(constraint.mask());
            constraint = null;
            massKnown = false;
        }
        return !listed;
    }

    /** Whether so many tokens may still be drawn. */
    boolean hasAtLeast(int wanted) {
        return isPlain() ? vocabulary.hasAtLeast(wanted) : list.count() >= wanted;
    }

    /** How many tokens may still be drawn. */
    public int count() {
        makeList();
        return list.count();
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
        return list.id(index);
    }

    /** Logit of a candidate after the steps so far. */
    public float logit(int index) {
        return list.logit(index);
    }

    /** Probability of a candidate among the candidates. Cost: one exponential for each candidate. */
    public double probability(int index) {
        double max = maxLogit();
        return Math.exp(logit(index) - max) / massAbove(max);
    }

    float logitOfToken(int token) {
        return vocabulary.get(token);
    }

    double maxLogit() {
        return isPlain() ? vocabulary.largest() : list.maxLogit();
    }

    // ---- changing logits

    /** Changes the logit of a token; {@link #refresh()} afterwards. */
    void setLogit(int token, float logit) {
        vocabulary.set(token, logit);
        massKnown = false;
    }

    /** Takes over changed logits of tokens into the candidates. */
    void refresh() {
        if (listed) {
            list.refresh();
        }
    }

    /** Divides all logits by a positive temperature; the order stays. */
    void divide(float temperature) {
        massKnown = false;
        if (isPlain()) {
            vocabulary.divide(temperature);
        } else {
            list.divide(temperature);
        }
    }

    // ---- ordering and taking away

    private void makeList() {
        if (isPlain()) {
            become(vocabulary.list(list.keys()), 0);
        }
    }

    private void become(int count, int sortedCount) {
        list.become(count, sortedCount);
        listed = true;
        constraint = null;
    }

    /** Sorts all candidates by descending logit, then ascending id. */
    public void sort() {
        sortBest(count());
    }

    /** Makes the first n candidates the n best, sorted. */
    void sortBest(int n) {
        makeList();
        list.sortBest(n);
    }

    /**
     * Keeps the k best candidates, sorted. From the plain vocabulary with a small k, this is one pass with a heap of k keys; with a
     * constraint, some more than k are taken and asked for one by one, which is exact where k of them are allowed.
     */
    void keepBest(int k) {
        width = Math.min(k, width);
        if (constraint != null && k <= HEAP_LIMIT && keepBestAllowed(constraint, k)) {
            return;
        }
        if (isPlain() && k <= HEAP_LIMIT) {
            int kept = vocabulary.listBest(Math.min(k, vocabulary.size()), list.keys());
            become(kept, kept);
            return;
        }
        int kept = Math.min(k, count());
        list.sortBest(kept);
        list.keepFirst(kept);
    }

    private boolean keepBestAllowed(TokenConstraint allowing, int k) {
        long[] keys = list.keys();
        int found = vocabulary.listBest(Math.min(k + LOOK_AHEAD, vocabulary.size()), keys);
        int kept = 0;
        for (int i = 0; i < found && kept < k; i++) {
            if (allowing.allows(LogitKey.id(keys[i]))) {
                keys[kept++] = keys[i];
            }
        }
        if (kept < k) {
            return false; // the mask decides: perhaps others are allowed further down
        }
        become(kept, kept);
        return true;
    }

    /**
     * Makes {@link #logit} tell the n best candidates, sorted, until the next step; nothing is taken away.
     *
     * @return how many there are
     */
    int peekBest(int n) {
        if (isPlain()) {
            return vocabulary.listBest(Math.min(n, vocabulary.size()), list.keys());
        }
        int found = Math.min(n, list.count());
        list.sortBest(found);
        return found;
    }

    /** Keeps the k best candidates, in any order. */
    void keepBestUnsorted(int k) {
        if (k <= HEAP_LIMIT) {
            keepBest(k);
            return;
        }
        width = Math.min(k, width);
        if (isPlain() && k < vocabulary.size()) {
            listDownTo(k);
        }
        if (listed) {
            list.keepBest(k);
        }
    }

    /** Lists the best tokens of the plain vocabulary, at least k of them where there are so many. */
    private void listDownTo(int k) {
        double max = vocabulary.largest();
        for (double depth = 4; depth < 100; depth *= 1.5) {
            int found = vocabulary.listBetween(max - depth, max, list.keys());
            if (found >= k) {
                become(found, 0);
                return;
            }
        }
        makeList();
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
        long[] keys = list.keys();
        int above = vocabulary.listBetween(least, Double.POSITIVE_INFINITY, keys);
        if (above > 1 && vocabulary.hasAtLeast(minKeep + above - 1)) {
            KeyOrder.sort(keys, 0, above);
            for (int i = 0; i < above - 1; i++) {
                setLogit(LogitKey.id(keys[i]), Float.NEGATIVE_INFINITY);
            }
            width -= above - 1;
        }
        return true;
    }

    /** Keeps the first n candidates of the present order. */
    void keepFirst(int n) {
        makeList();
        list.keepFirst(n);
        width = list.count();
    }

    /** Drops the first n candidates of the present order. */
    void dropFirst(int n) {
        list.dropFirst(n);
        width -= n;
    }

    /** Keeps candidates whose logit is at least {@code least}. */
    void keepAtLeast(double least) {
        if (!isPlain()) {
            list.keepAtLeast(least);
            return;
        }
        if (vocabulary.hasBelow(least)) {
            become(vocabulary.listBetween(least, Double.POSITIVE_INFINITY, list.keys()), 0);
        }
    }

    /**
     * Cuts off candidates that the likeliest ones with a mass (sum of exp(logit - max)) do not need: those that stay have that mass and
     * more. So what follows sorts hundreds and not the vocabulary.
     */
    void narrow(double max, double wanted, int minKeep) {
        for (double depth = 3; depth < 50 && mayNarrow(); depth *= 2) {
            if (narrowTo(max - depth, max, max, wanted, minKeep)) {
                return;
            }
        }
    }

    /** As {@link #narrow}, by the distance of the logit from a value in place of that from the largest. */
    void narrowAround(double center, double max, double wanted, int minKeep) {
        for (double distance = 1; distance < 50 && mayNarrow(); distance *= 2) {
            if (narrowTo(center - distance, center + distance, max, wanted, minKeep)) {
                return;
            }
        }
    }

    private boolean mayNarrow() {
        return isPlain() || list.count() > FEW;
    }

    private boolean narrowTo(double least, double most, double max, double wanted, int minKeep) {
        massKnown = false;
        int kept = isPlain() ? vocabulary.listBetween(least, most, list.keys()) : list.moveToFront(least, most);
        if (kept < minKeep || sums.mass(listedLogits, kept, max) < wanted * (1 + 1e-8)) {
            return false;
        }
        become(kept, 0);
        width = kept;
        return true;
    }

    /** Sorts the candidates by the distance of their logit from a value, ties by id; ended by {@link #keepNearest}. */
    void orderByDistance(double center) {
        makeList();
        list.orderByDistance(center);
    }

    /** Logit of a candidate while they are ordered by distance. */
    float logitByDistance(int index) {
        return list.logitByDistance(index);
    }

    /** Ends {@link #orderByDistance}: the first n stay. */
    void keepNearest(int n) {
        width = n < list.count() ? n : width;
        list.keepNearest(n);
    }

    // ---- sums, and the draw

    /** Sum of exp(logit - max) over the candidates; none is above max. */
    double massAbove(double max) {
        boolean plain = isPlain();
        if (!plain || !massKnown || massMax != max) {
            mass = sums.mass(source(), size(), max);
            massMax = max;
            massKnown = plain;
        }
        return mass;
    }

    /** As {@link #massAbove} with a relative error below 1e-3, for two thirds of the cost. */
    double roughMassAbove(double max) {
        return sums.roughMass(source(), size(), max);
    }

    /** As {@link #massAbove}; in the same pass the sum of exp(logit - max) * (logit - max), which {@link #weightedSum()} then tells. */
    double massAndWeightedSum(double max) {
        massKnown = false;
        return sums.massAndWeightedSum(source(), size(), max);
    }

    double weightedSum() {
        return sums.weightedSum();
    }

    /** Square of the standard deviation of the candidates' logits. */
    double variance() {
        return sums.variance(source(), size());
    }

    /**
     * The token at which the sum of exp(logit - max) exceeds a target, in the present order. {@link #massAbove} must have been asked before
     * with the same candidates.
     */
    int drawn(double max, double target) {
        int index = sums.indexAt(source(), size(), max, target);
        return listed && index >= 0 ? id(index) : index;
    }

    private LogitSums.Source source() {
        return isPlain() ? plainLogits : listedLogits;
    }

    private int size() {
        return isPlain() ? vocabulary.size() : list.count();
    }
}

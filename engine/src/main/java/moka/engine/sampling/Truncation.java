package moka.engine.sampling;

/**
 * The steps that take candidates away. Probabilities are the softmax over the candidates that are left when the step begins; each step
 * leaves at least one candidate where there was one.
 */
final class Truncation {
    private static final int BEST = 16; // tokens that are looked at before all are

    private static final double ROUGH = 2e-3; // more than the logarithm of a rough mass is off

    private Truncation() {}

    /** Keeps the k largest logits; k of 0 or less keeps all. */
    static void topK(Candidates candidates, int k) {
        if (k > 0) {
            candidates.keepBest(k);
        }
    }

    /** Keeps the likeliest until their probabilities reach p, the token that reaches it included (arXiv:1904.09751). */
    static void topP(Candidates candidates, float p, int minKeep) {
        if (p >= 1) {
            return;
        }
        double max = candidates.maxLogit();
        double wanted = p * candidates.massAbove(max);
        candidates.narrow(max, wanted, minKeep);
        int count = candidates.count();
        double mass = 0;
        for (int i = 0; i < count; i++) {
            sortOnDemand(candidates, i, count);
            mass += Math.exp(candidates.logit(i) - max);
            if (mass >= wanted && i + 1 >= minKeep) {
                candidates.keepFirst(i + 1);
                return;
            }
        }
    }

    /** Keeps logits of at least max + ln p, so tokens at least p times as likely as the likeliest (arXiv:2407.01082). */
    static void minP(Candidates candidates, float p, int minKeep) {
        double max = candidates.maxLogit();
        if (p <= 0 || max == Double.NEGATIVE_INFINITY) {
            return;
        }
        double least = max + Math.log(Math.min(1, p));
        if (minKeep > 1) {
            int kept = Math.min(minKeep, candidates.count());
            candidates.sortBest(kept);
            least = Math.min(least, candidates.logit(kept - 1));
        }
        candidates.keepAtLeast(least);
        candidates.keepFirst(candidates.count());
    }

    /** Keeps the tokens whose surprise is nearest to the entropy until their probabilities exceed p (arXiv:2202.00666). */
    static void typical(Candidates candidates, float p, int minKeep) {
        double max = candidates.maxLogit();
        if (p >= 1 || max == Double.NEGATIVE_INFINITY) {
            return;
        }
        double total = candidates.massAndWeightedSum(max);
        // surprise is max + log total - logit: its distance from the entropy is that of the logit from this value
        double center = max + Math.log(total) - entropy(candidates, total);
        candidates.narrowAround(center, max, p * total, minKeep);
        int count = candidates.count();
        candidates.orderByDistance(center);
        double mass = 0;
        int kept = count;
        for (int i = 0; i < count; i++) {
            mass += Math.exp(candidates.logitByDistance(i) - max) / total;
            if (mass > p && (minKeep == 0 || i >= minKeep - 1)) {
                kept = i + 1;
                break;
            }
        }
        candidates.keepNearest(kept);
    }

    /** Keeps logits within n standard deviations of the largest (arXiv:2411.07641). */
    static void topNSigma(Candidates candidates, float n) {
        if (n > 0 && candidates.hasAtLeast(2)) {
            candidates.keepAtLeast(candidates.maxLogit() - n * Math.sqrt(candidates.variance()));
        }
    }

    /** Removes all but the least likely of the tokens whose probability is at least the threshold. */
    static void excludeTopChoices(Candidates candidates, float threshold, int minKeep) {
        if (threshold > 0.5f || !candidates.hasAtLeast(2)) {
            return;
        }
        double max = candidates.maxLogit();
        int best = candidates.peekBest(BEST);
        double mass = 0;
        for (int i = 0; i < best; i++) {
            mass += Math.exp(candidates.logit(i) - max);
        }
        if (best > 1 && Math.exp(candidates.logit(1) - max) < threshold * mass) {
            return; // one token has so much of the mass that no second can reach the threshold: the rule rather than the exception
        }
        double least = threshold * candidates.roughMassAbove(max);
        if (isNear(candidates, best, max + Math.log(least))) {
            least = threshold * candidates.massAbove(max);
        }
        if (candidates.dropAboveButLast(max + Math.log(least), minKeep)) {
            return;
        }
        int count = candidates.count();
        int above = 0;
        while (above < count) {
            sortOnDemand(candidates, above, count);
            if (Math.exp(candidates.logit(above) - max) < least) {
                break;
            }
            above++;
        }
        if (above > 1 && count - (above - 1) >= minKeep) {
            candidates.dropFirst(above - 1);
        }
    }

    /** Whether it takes the exact mass to tell on which side of a limit the best logits are, as far as they reach. */
    private static boolean isNear(Candidates candidates, int best, double limit) {
        if (best == 0 || candidates.logit(best - 1) >= limit - ROUGH) {
            return true;
        }
        for (int i = 0; i < best; i++) {
            if (Math.abs(candidates.logit(i) - limit) < ROUGH) {
                return true;
            }
        }
        return false;
    }

    /** Entropy in nats of the candidates. @param mass what {@link Candidates#massAndWeightedSum} has told just before */
    static double entropy(Candidates candidates, double mass) {
        return Math.log(mass) - candidates.weightedSum() / mass;
    }

    /** Makes candidate {@code index} the index-th best. Sorts ahead in growing pieces: a prefix is mostly all that is needed. */
    private static void sortOnDemand(Candidates candidates, int index, int count) {
        if ((index & (index - 1)) == 0) {
            candidates.sortBest(Math.min(count, Math.max(64, 2 * index)));
        }
    }
}

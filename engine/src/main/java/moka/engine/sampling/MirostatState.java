package moka.engine.sampling;

import moka.engine.sampling.SamplingOptions.Mirostat;

/**
 * Mirostat 1 and 2 (arXiv:2007.14966): cuts the candidates off so that the surprise of what is drawn stays near tau, and corrects the cut
 * by the surprise observed.
 */
final class MirostatState {
    private static final int ESTIMATED_FROM = 100; // candidates that version 1 estimates Zipf's exponent from

    private final Mirostat mirostat;
    private final int vocabularySize;
    private float mu; // twice the target at the start, in bits

    MirostatState(Mirostat mirostat, int vocabularySize) {
        this.mirostat = mirostat;
        this.vocabularySize = vocabularySize;
        mu = 2 * mirostat.tau();
    }

    float mu() {
        return mu;
    }

    void restore(float newMu) {
        mu = newMu;
    }

    /** Cuts the candidates off. */
    void truncate(Candidates candidates) {
        if (mirostat.version() == 1) {
            int best = candidates.peekBest(ESTIMATED_FROM);
            candidates.keepBestUnsorted(Math.max(1, rankLimit(candidates, best)));
        } else {
            double max = candidates.maxLogit();
            double logMass = Math.log(candidates.massAbove(max));
            // surprise in bits is (log mass - (logit - max)) / ln 2; it must not exceed mu
            double least = max + logMass - mu * Math.log(2);
            if (max < least) {
                candidates.keepBest(1);
            } else {
                candidates.keepAtLeast(least);
            }
        }
    }

    /** The number of candidates whose surprise is expected to stay below mu if ranks follow Zipf's law (equations 1 and 2 there). */
    private int rankLimit(Candidates candidates, int best) {
        double sumProducts = 0;
        double sumSquares = 0;
        for (int i = 0; i < best - 1; i++) {
            double t = Math.log((i + 2.0) / (i + 1.0));
            double b = candidates.logit(i) - (double) candidates.logit(i + 1); // log of the quotient of the probabilities
            sumProducts += t * b;
            sumSquares += t * t;
        }
        double exponent = sumProducts / sumSquares;
        double epsilon = exponent - 1;
        double rank = Math.pow(epsilon * Math.pow(2, mu) / (1 - Math.pow(vocabularySize, -epsilon)), 1 / exponent);
        return (int) rank; // not a number becomes 0, so that one candidate stays
    }

    /** Moves mu by the surprise of the token drawn. @param probability of that token among the candidates left */
    void observe(double probability) {
        double surprise = -Math.log(probability) / Math.log(2);
        mu -= mirostat.eta() * (float) (surprise - mirostat.tau());
    }
}

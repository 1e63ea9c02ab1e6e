package moka.engine.sampling;

import java.lang.foreign.MemorySegment;

/**
 * Natural logarithms of the model's own probabilities at one position: softmax over all logits, before any sampling step.
 *
 * @param token the chosen token
 * @param logProbability of the chosen token
 * @param topTokens the likeliest tokens, likeliest first; on ties the lower id first
 * @param topLogProbabilities of the likeliest tokens
 */
public record LogProbabilities(int token, float logProbability, int[] topTokens, float[] topLogProbabilities) {
    /**
     * Reads them from the logits. Cost: the vocabulary three times; allocates.
     *
     * @param logits float32 little-endian, {@code vocabularySize} values
     * @param topCount how many of the likeliest tokens are wanted, 0 up
     */
    public static LogProbabilities of(MemorySegment logits, int vocabularySize, int token, int topCount) {
        var candidates = new Candidates(vocabularySize);
        candidates.load(logits);
        double max = candidates.maxLogit();
        double logMass = max + Math.log(candidates.massAbove(max));
        int count = Math.min(topCount, candidates.count());
        candidates.sortBest(count);
        int[] tokens = new int[count];
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = candidates.id(i);
            values[i] = (float) (candidates.logit(i) - logMass);
        }
        return new LogProbabilities(token, (float) (candidates.logitOfToken(token) - logMass), tokens, values);
    }
}

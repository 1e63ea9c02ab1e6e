package moka.engine.sampling;

import moka.engine.sampling.SamplingOptions.Penalties;

/**
 * Repetition penalty (arXiv:1909.05858) and the frequency and presence penalties of the OpenAI API over the last tokens. Cost: the window
 * once to count and once to apply.
 */
final class RepetitionPenalties {
    private final Penalties penalties;
    private final int[] counts; // [vocabularySize], zero between calls

    RepetitionPenalties(Penalties penalties, int vocabularySize) {
        this.penalties = penalties;
        counts = new int[penalties.off() ? 0 : vocabularySize];
    }

    void apply(Candidates candidates, TokenHistory history) {
        if (penalties.off()) {
            return;
        }
        int window = history.window(penalties.lastN());
        for (int age = 0; age < window; age++) {
            counts[history.recent(age)]++;
        }
        for (int age = 0; age < window; age++) {
            int token = history.recent(age);
            int count = counts[token];
            if (count > 0) { // the first meeting; later ones find zero
                counts[token] = 0;
                candidates.setLogit(token, penalised(candidates.logitOfToken(token), count));
            }
        }
        candidates.refresh();
    }

    private float penalised(float logit, int count) {
        float scaled = logit <= 0 ? logit * penalties.repeat() : logit / penalties.repeat();
        return scaled - (count * penalties.frequency() + penalties.presence());
    }
}

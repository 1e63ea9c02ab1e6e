package moka.engine;

/**
 * Guessing tokens ahead, so that one pass over the weights can confirm several of them. What is guessed never changes what is drawn: each
 * token is chosen by the sampler from the model's own logits, and a guess only saves the pass where it was right. The answer is the one that
 * the model gives alone, up to the rounding of the kernels' forms for one row and for several. Models with recurrent states do not guess:
 * they cannot go back after a wrong one.
 */
public sealed interface Speculation {
    /** Most tokens that can be guessed at once. */
    int MOST_GUESSES = 15;

    int maxGuesses();

    /** Fewer guesses than this are not tried. */
    int minGuesses();

    /**
     * Guesses that the text goes on as it did after an earlier place that read the same: cheap, and good where the answer repeats the prompt,
     * as in summaries, edits and code.
     *
     * @param maxGuesses most tokens guessed at once, 1 to {@value #MOST_GUESSES}
     * @param minGuesses fewer are not tried
     * @param longestMatch most tokens compared; the longest match wins, then the latest
     */
    record PromptLookup(int maxGuesses, int minGuesses, int longestMatch) implements Speculation {
        /** 8 tokens after up to 4 that are the same. */
        public static final PromptLookup DEFAULT = new PromptLookup(8, 4);

        public PromptLookup(int maxGuesses, int longestMatch) {
            this(maxGuesses, 0, longestMatch);
        }

        public PromptLookup {
            requireGuesses(maxGuesses, minGuesses);
            if (longestMatch < 1) {
                throw new IllegalArgumentException("longest match: found " + longestMatch + ", expected 1 or more");
            }
        }
    }

    /**
     * Lets a small model of the same vocabulary guess.
     *
     * @param session of the small model; taken while an answer is made, and kept in step with it
     * @param maxGuesses most tokens guessed at once, 1 to {@value #MOST_GUESSES}
     * @param minGuesses fewer are not tried
     * @param minProbability where the small model finds its likeliest token less likely than this it guesses no further; 0 never stops it
     */
    record DraftModel(Session session, int maxGuesses, int minGuesses, float minProbability) implements Speculation {
        public DraftModel(Session session, int maxGuesses) {
            this(session, maxGuesses, 0, 0);
        }

        public DraftModel {
            requireGuesses(maxGuesses, minGuesses);
            if (!(minProbability >= 0 && minProbability <= 1)) {
                throw new IllegalArgumentException("probability of a guess: found " + minProbability + ", expected 0 to 1");
            }
        }
    }

    private static void requireGuesses(int most, int least) {
        if (most < 1 || most > MOST_GUESSES) {
            throw new IllegalArgumentException("guesses: found " + most + ", expected 1 to " + MOST_GUESSES);
        }
        if (least < 0 || least > most) {
            throw new IllegalArgumentException("least guesses: found " + least + ", expected 0 to " + most + " (the most)");
        }
    }
}

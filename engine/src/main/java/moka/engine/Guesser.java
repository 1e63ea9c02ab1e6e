package moka.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/** Guesses how a text of tokens goes on. One per answer. */
sealed interface Guesser extends AutoCloseable {
    int[] NO_GUESS = {};

    /** At most {@code most} tokens that may follow; none is fine. */
    int[] guess(int[] tokens, int most);

    @Override
    default void close() {}

    /** @throws EngineException if the guessing model's vocabulary is another one */
    static Guesser of(Speculation speculation, Model model, BooleanSupplier cancelled) {
        return switch (speculation) {
            case Speculation.PromptLookup lookup -> new Lookup(lookup.longestMatch());
            case Speculation.DraftModel draft -> new Draft(draft, model, cancelled);
        };
    }

    /**
     * From the text itself: what followed the last place that reads as its end does; where that runs into the end, as a text that goes round.
     * Cost: the text once for each length of match, from its end.
     */
    record Lookup(int longestMatch) implements Guesser {
        @Override
        public int[] guess(int[] tokens, int most) {
            for (int length = Math.min(longestMatch, tokens.length - 1); length > 0; length--) {
                int end = tokens.length - length;
                for (int start = end - 1; start >= 0; start--) {
                    if (Arrays.equals(tokens, start, start + length, tokens, end, tokens.length)) {
                        return repeated(tokens, start + length, most);
                    }
                }
            }
            return NO_GUESS;
        }

        private static int[] repeated(int[] tokens, int from, int count) {
            int[] guesses = new int[count];
            int period = tokens.length - from;
            for (int i = 0; i < count; i++) {
                guesses[i] = i < period ? tokens[from + i] : guesses[i - period];
            }
            return guesses;
        }
    }

    /** From a small model, its likeliest token each time. */
    final class Draft implements Guesser {
        private static final int COMPARED_EVERY = 61; // ids whose texts are compared

        private final Session session;
        private final float minProbability;
        private final BooleanSupplier cancelled;

        Draft(Speculation.DraftModel draft, Model model, BooleanSupplier cancelled) {
            this.session = draft.session();
            this.minProbability = draft.minProbability();
            this.cancelled = cancelled;
            requireSameVocabulary(session.model(), model);
            session.enter();
        }

        private static void requireSameVocabulary(Model draft, Model model) {
            boolean same = draft.vocabularySize() == model.vocabularySize();
            for (int id = 0; same && id < model.vocabularySize(); id += COMPARED_EVERY) {
                same = Arrays.equals(draft.tokenizer().piece(id, true), model.tokenizer().piece(id, true));
            }
            if (!same) {
                throw new EngineException(draft.name() + ": cannot guess for " + model.name() + ": found another vocabulary ("
                        + draft.vocabularySize() + " tokens), expected the same (" + model.vocabularySize() + ")");
            }
        }

        @Override
        public int[] guess(int[] tokens, int most) {
            int room = session.contextLength() - tokens.length;
            if (room < 0) {
                return NO_GUESS;
            }
            int[] guesses = new int[Math.min(most, room + 1)];
            // The last token is computed again where all is there: its logits are needed.
            CachedTokens cached = session.cached();
            session.rewindTo(cached.reusable(Math.min(cached.commonPrefix(tokens), tokens.length - 1)));
            if (!session.append(tokens, session.position(), tokens.length, cancelled)) {
                return NO_GUESS;
            }
            for (int i = 0; i < guesses.length; i++) {
                guesses[i] = likeliest(session.logits());
                if (minProbability > 0 && probability(session.logits(), guesses[i]) < minProbability) {
                    return Arrays.copyOf(guesses, i);
                }
                if (i + 1 < guesses.length && !session.append(guesses, i, i + 1, cancelled)) {
                    return NO_GUESS;
                }
            }
            return guesses;
        }

        private static int likeliest(MemorySegment logits) {
            int count = (int) (logits.byteSize() / 4);
            int best = 0;
            for (int id = 1; id < count; id++) {
                best = logits.getAtIndex(ValueLayout.JAVA_FLOAT, id) > logits.getAtIndex(ValueLayout.JAVA_FLOAT, best) ? id : best;
            }
            return best;
        }

        /** Of the likeliest token: how many times less likely all together are. */
        private static double probability(MemorySegment logits, int likeliest) {
            float most = logits.getAtIndex(ValueLayout.JAVA_FLOAT, likeliest);
            double sum = 0;
            for (long id = 0; id < logits.byteSize() / 4; id++) {
                sum += Math.exp(logits.getAtIndex(ValueLayout.JAVA_FLOAT, id) - most);
            }
            return 1 / sum;
        }

        @Override
        public void close() {
            session.exit();
        }
    }
}

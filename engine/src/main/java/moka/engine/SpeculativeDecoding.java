package moka.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * Decoding with guesses: the token chosen and the guesses after it are computed as one batch, then the sampler chooses from the logits of each
 * in turn for as long as it chooses what was guessed (arXiv:2211.17192, with a guesser that is certain of its guess). The number of guesses
 * follows success: twice as many after all were right, one more than were right otherwise.
 */
final class SpeculativeDecoding {
    private final Session session;
    private final Generation generation;
    private final int maxGuesses;
    private final int minGuesses;
    private int wanted;
    private int passes;
    private int guessed;
    private int accepted;

    SpeculativeDecoding(Session session, Generation generation, Speculation speculation) {
        this.session = session;
        this.generation = generation;
        this.maxGuesses = Math.min(speculation.maxGuesses(), session.maxLogitsRows() - 1);
        this.minGuesses = Math.min(speculation.minGuesses(), maxGuesses);
        wanted = Math.max(1, Math.max(minGuesses, maxGuesses / 2));
    }

    /** From the logits of the prompt to the end of the answer. @return false if it was cancelled */
    boolean run(Guesser guesser, BooleanSupplier cancelled) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rows = arena.allocate(4L * session.model().vocabularySize() * (maxGuesses + 1), 64);
            int id = generation.next();
            while (id != Generation.NONE) {
                int[] batch = withGuesses(id, guesser);
                passes++;
                guessed += batch.length - 1;
                if (!session.append(batch, rows, cancelled)) {
                    return false;
                }
                id = confirm(batch, rows);
            }
            return true;
        }
    }

    /** A token and guesses of what follows. */
    private int[] withGuesses(int id, Guesser guesser) {
        int position = session.position();
        int[] tokens = Arrays.copyOf(session.tokens(), position + 1);
        tokens[position] = id;
        int most = Math.min(Math.min(wanted, maxGuesses), session.contextLength() - position - 1);
        int[] guesses = most > 0 && session.cached().canReturnTo(position + 1, position + 1 + most)
                ? guesser.guess(tokens, most)
                : Guesser.NO_GUESS;
        if (guesses.length < minGuesses) {
            guesses = Guesser.NO_GUESS;
        }
        int[] batch = Arrays.copyOf(new int[] {id}, 1 + guesses.length);
        System.arraycopy(guesses, 0, batch, 1, guesses.length);
        return batch;
    }

    /** Chooses for as long as the guesses are right. @return the first token that was not guessed, which is not computed yet */
    private int confirm(int[] batch, MemorySegment rows) {
        int start = session.position() - batch.length;
        if (batch.length > 1) {
            session.rewindTo(start + 1);
        }
        int right = 0;
        while (true) {
            session.useLogits(rows, right);
            int id = generation.next();
            if (id == Generation.NONE || right + 1 == batch.length || id != batch[right + 1]) {
                accepted += right;
                adapt(batch.length - 1, right);
                return id;
            }
            right++;
            session.cached().goOnTo(start + 1 + right);
        }
    }

    private void adapt(int guesses, int right) {
        if (guesses > 0) {
            wanted = Math.clamp(right == guesses ? 2 * wanted : right + 1, Math.max(1, minGuesses), Math.max(1, maxGuesses));
        }
    }

    SpeculationCounts counts() {
        return new SpeculationCounts(passes, guessed, accepted);
    }
}

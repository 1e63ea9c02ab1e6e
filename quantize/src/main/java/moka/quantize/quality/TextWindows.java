package moka.quantize.quality;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.SessionOptions;
import moka.quantize.QuantizeException;

/**
 * Consecutive windows of a tokenized text, each run from an empty cache; the second half of each is scored. As llama.cpp's tools do.
 *
 * @param tokens of all windows, {@code [count * length]}
 * @param length tokens of a window
 */
public record TextWindows(int[] tokens, int length) {
    /** Told the logits that predict a token. */
    @FunctionalInterface
    public interface Scorer {
        /** @param logits one for each token of the vocabulary; reused after the call @param next the token that follows */
        void score(float[] logits, int next);
    }

    /**
     * Cuts a text.
     *
     * @param atMost windows, or negative for all
     * @throws QuantizeException if the text is shorter than two windows
     */
    public static TextWindows of(Model model, String text, int length, int atMost, boolean parseSpecial) {
        if (length < 4) {
            throw new QuantizeException("a window of " + length + " tokens, expected 4 or more");
        }
        int[] tokens = model.tokenizer().encode(text, true, parseSpecial);
        int count = tokens.length / length;
        if (count < 2) {
            throw new QuantizeException("the text has " + tokens.length + " tokens, expected at least two windows of " + length
                    + ": use a longer text or smaller windows");
        }
        count = atMost >= 0 ? Math.min(count, atMost) : count;
        return new TextWindows(Arrays.copyOf(tokens, count * length), length);
    }

    public int count() {
        return tokens.length / length;
    }

    /** Tokens scored in a window. */
    public int scored() {
        return length - 1 - length / 2;
    }

    /** Runs a window in a session; with a scorer tells the logits of its second half. */
    public void score(Session session, int window, Scorer scorer) {
        int[] input = input(session.model(), window);
        int first = length / 2;
        session.clear();
        session.append(Arrays.copyOfRange(input, 0, first));
        float[] values = new float[session.model().vocabularySize()];
        session.evaluate(Arrays.copyOfRange(input, first, length - 1), (position, logits) -> {
            MemorySegment.copy(logits, ValueLayout.JAVA_FLOAT, 0, values, 0, values.length);
            scorer.score(values, tokens[window * length + position + 1]);
        });
    }

    /** Runs a window as a whole, for those who watch the products in it. */
    public void run(Session session, int window) {
        session.clear();
        session.append(input(session.model(), window));
    }

    /** The tokens of a window, with BOS in the place of the first where the model wants one. */
    private int[] input(Model model, int window) {
        int[] input = Arrays.copyOfRange(tokens, window * length, (window + 1) * length);
        if (model.tokenizer().addBos()) {
            input[0] = model.tokenizer().bos();
        }
        return input;
    }

    /** Session options for these windows. */
    public SessionOptions sessionOptions() {
        return SessionOptions.DEFAULT.withContextLength(length);
    }
}

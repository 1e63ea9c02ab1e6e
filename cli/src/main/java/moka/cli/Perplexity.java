package moka.cli;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import moka.cli.terminal.CommandFailure;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.SessionOptions;

/**
 * Perplexity of a text as llama.cpp's tool computes it: consecutive windows, each from an empty cache, with BOS in the place of the first
 * token where the model wants one; the tokens of the second half are scored.
 */
final class Perplexity {
    private final Model model;
    private final SessionOptions sessionOptions;
    private final int window;

    Perplexity(Model model, SessionOptions sessionOptions, int window) {
        this.model = model;
        this.sessionOptions = sessionOptions.withContextLength(window);
        this.window = window;
    }

    /**
     * @param perplexity exp of the mean negative log-likelihood
     * @param error its standard error
     * @param windows windows scored
     * @param tokens tokens scored
     */
    record Estimate(double perplexity, double error, int windows, int tokens) {}

    interface Listener {
        void onWindow(int done, int total, Estimate soFar);
    }

    private double sum;
    private double sumOfSquares;
    private int count;

    Estimate of(String text, int atMost, Listener listener) {
        int[] tokens = model.tokenizer().encode(text, true, false);
        int windows = tokens.length / window;
        if (tokens.length < 2 * window) {
            throw CommandFailure.failed("the text has " + tokens.length + " tokens, expected at least two windows of " + window
                    + ": use a longer text or a smaller -c");
        }
        if (atMost >= 0) {
            windows = Math.min(windows, atMost);
        }
        try (Session session = model.newSession(sessionOptions)) {
            for (int i = 0; i < windows; i++) {
                score(session, Arrays.copyOfRange(tokens, i * window, (i + 1) * window));
                listener.onWindow(i + 1, windows, estimate(i + 1));
            }
        }
        return estimate(windows);
    }

    private void score(Session session, int[] tokens) {
        int first = window / 2;
        int[] input = tokens.clone();
        if (model.tokenizer().addBos()) {
            input[0] = model.tokenizer().bos();
        }
        session.clear();
        session.append(Arrays.copyOfRange(input, 0, first));
        // The logits at a position score the token after it; the last token of the window has none after it.
        session.evaluate(Arrays.copyOfRange(input, first, window - 1), (position, logits) -> {
            double loss = -logProbability(logits, tokens[position + 1]);
            sum += loss;
            sumOfSquares += loss * loss;
            count++;
        });
    }

    /** Log of the softmax at one id, in float64. */
    static double logProbability(MemorySegment logits, int id) {
        float[] values = logits.toArray(ValueLayout.JAVA_FLOAT);
        float largest = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            largest = Math.max(largest, value);
        }
        double total = 0;
        for (float value : values) {
            total += Math.exp(value - largest);
        }
        return values[id] - largest - Math.log(total);
    }

    private Estimate estimate(int windows) {
        double mean = sum / count;
        double variance = sumOfSquares / count - mean * mean;
        double error = count > 1 && variance > 0 ? Math.sqrt(variance / (count - 1)) * Math.exp(mean) : 0;
        return new Estimate(Math.exp(mean), error, windows, count);
    }
}

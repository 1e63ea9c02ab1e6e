package moka.quantize.quality;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A task with several answers, of which the model finds one most probable: the one whose scored tokens have the largest mean log-probability, the first of
 * several.
 *
 * @param candidates the answers
 * @param right whether each is one that counts as right
 */
public record ChoiceTask(List<Candidate> candidates, boolean[] right) {
    /**
     * An answer with what comes before it.
     *
     * @param tokens question and answer
     * @param first the first token that is scored, 1 or more
     * @param end behind the last token that is scored
     */
    public record Candidate(int[] tokens, int first, int end) {}

    /** Tokens with which all candidates begin; at least one of each is left. */
    int commonPrefix() {
        return commonPrefix(candidates.stream().map(Candidate::tokens).toList());
    }

    /** All that is different between the sequences is scored. */
    static ChoiceTask ofSequences(List<int[]> sequences, boolean[] right) {
        int prefix = Math.max(1, commonPrefix(sequences));
        List<Candidate> candidates = new ArrayList<>();
        for (int[] tokens : sequences) {
            candidates.add(new Candidate(tokens, Math.min(prefix, tokens.length - 1), tokens.length));
        }
        return new ChoiceTask(candidates, right);
    }

    static int commonPrefix(List<int[]> sequences) {
        int[] first = sequences.getFirst();
        int length = sequences.stream().mapToInt(it -> it.length).min().orElse(1) - 1;
        for (int[] other : sequences) {
            int same = Arrays.mismatch(first, other);
            length = same < 0 ? length : Math.min(length, same);
        }
        return Math.max(0, length);
    }
}

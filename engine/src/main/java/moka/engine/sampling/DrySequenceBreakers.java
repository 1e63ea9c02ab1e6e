package moka.engine.sampling;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import moka.tokenizer.Tokenizer;

/**
 * The token sequences in which a sequence breaker of DRY shows up: each token whose bytes contain it, and each token that ends with a
 * beginning of it, followed by the tokens of the rest. Made once per model and breaker list. Cost: the vocabulary's bytes for each breaker.
 */
public final class DrySequenceBreakers {
    private static final int LONGEST_TAIL = 20;

    private DrySequenceBreakers() {}

    /** @param breakers texts, see {@link SamplingOptions.Dry#sequenceBreakers()} */
    public static List<int[]> of(List<String> breakers, Tokenizer tokenizer) {
        Set<List<Integer>> sequences = new LinkedHashSet<>();
        for (int id = 0; id < tokenizer.vocabularySize(); id++) {
            byte[] piece = tokenizer.piece(id, true);
            for (String breaker : breakers) {
                if (!breaker.isEmpty()) {
                    addSequences(id, piece, breaker.getBytes(StandardCharsets.UTF_8), tokenizer, sequences);
                }
            }
        }
        List<int[]> result = new ArrayList<>();
        for (List<Integer> sequence : sequences) {
            result.add(sequence.stream().mapToInt(Integer::intValue).toArray());
        }
        return List.copyOf(result);
    }

    private static void addSequences(int id, byte[] piece, byte[] breaker, Tokenizer tokenizer, Set<List<Integer>> sequences) {
        for (int start = 0; start < piece.length; start++) {
            int shared = Math.min(breaker.length, piece.length - start);
            if (!Arrays.equals(piece, start, start + shared, breaker, 0, shared)) {
                continue;
            }
            List<Integer> sequence = new ArrayList<>(List.of(id));
            if (shared == breaker.length) {
                sequences.add(sequence);
                return;
            }
            String rest = new String(breaker, shared, breaker.length - shared, StandardCharsets.UTF_8);
            int[] tail = tokenizer.encode(rest, false, false);
            for (int i = 0; i < Math.min(tail.length, LONGEST_TAIL); i++) {
                sequence.add(tail[i]);
            }
            sequences.add(sequence);
        }
    }
}

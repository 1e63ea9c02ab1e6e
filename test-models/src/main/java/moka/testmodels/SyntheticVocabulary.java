package moka.testmodels;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import moka.gguf.MetadataBuilder;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;

/**
 * A made-up vocabulary of byte-level BPE: the 256 byte letters, words merged from earlier tokens, and control tokens
 * at the end. Encodes and decodes any text; its words mean nothing.
 */
final class SyntheticVocabulary {
    private static final int CONTROL_COUNT = 16;
    private static final int NORMAL_TYPE = 1;
    private static final int CONTROL_TYPE = 3;
    /** Longest word: more would never be met in a text. */
    private static final int LETTERS = 7;

    private final List<String> tokens = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();

    /** @param size tokens in all, at least 512 */
    SyntheticVocabulary(int size, SplittableRandom random) {
        for (int value = 0; value < 256; value++) {
            tokens.add(String.valueOf(byteLetter(value)));
        }
        var known = new HashSet<>(tokens);
        var parts = new ArrayList<String>();
        for (char letter = 'a'; letter <= 'z'; letter++) {
            parts.add(String.valueOf(letter));
        }
        String space = String.valueOf(byteLetter(' '));
        for (char letter = 'a'; letter <= 'z'; letter++) {
            merge(space, String.valueOf(letter), known, parts);
        }
        while (tokens.size() < size - CONTROL_COUNT) {
            String left = parts.get(random.nextInt(parts.size()));
            String right = parts.get(random.nextInt(parts.size()));
            if (left.length() + right.length() <= LETTERS && !right.startsWith(space)) {
                merge(left, right, known, parts);
            }
        }
        tokens.add("<|begin_of_text|>");
        tokens.add("<|end_of_text|>");
        while (tokens.size() < size) {
            tokens.add("<|reserved_" + tokens.size() + "|>");
        }
    }

    private void merge(String left, String right, Set<String> known, List<String> parts) {
        if (known.add(left + right)) {
            tokens.add(left + right);
            merges.add(left + " " + right);
            parts.add(left + right);
        }
    }

    /** The letter that stands for a byte in GPT-2's alphabet: itself if it is visible, else one from U+0100 on. */
    private static char byteLetter(int value) {
        int hidden = 0;
        for (int other = 0; other < value; other++) {
            hidden += isVisible(other) ? 0 : 1;
        }
        return (char) (isVisible(value) ? value : 256 + hidden);
    }

    private static boolean isVisible(int value) {
        return value >= '!' && value <= '~' || value >= 0xA1 && value != 0xAD;
    }

    /** Adds the tokenizer's keys. */
    void describe(MetadataBuilder metadata) {
        var types = new long[tokens.size()];
        for (int i = 0; i < types.length; i++) {
            types[i] = i < types.length - CONTROL_COUNT ? NORMAL_TYPE : CONTROL_TYPE;
        }
        metadata.set("tokenizer.ggml.model", "gpt2")
                .set("tokenizer.ggml.pre", "llama-bpe")
                .setStrings("tokenizer.ggml.tokens", tokens)
                .set("tokenizer.ggml.token_type", MetadataValue.integers(ValueType.INT32, types))
                .setStrings("tokenizer.ggml.merges", merges)
                .setUint32("tokenizer.ggml.bos_token_id", tokens.size() - CONTROL_COUNT)
                .setUint32("tokenizer.ggml.eos_token_id", tokens.size() - CONTROL_COUNT + 1);
    }
}

package moka.quantize.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import moka.gguf.MetadataBuilder;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;

/**
 * The tokens of a model as GGUF has them. In the making: ids that nobody sets stay unused.
 */
final class Vocabulary {
    static final int NORMAL = 1;
    static final int UNKNOWN = 2;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int UNUSED = 5;
    static final int BYTE = 6;

    private final String model;
    private final String preTokenizer;
    private final String[] texts;
    private final int[] types;
    private final float[] scores;
    private final boolean scored;
    private final List<String> merges;

    private Vocabulary(String model, String preTokenizer, int size, float unusedScore, boolean scored, List<String> merges) {
        this.model = model;
        this.preTokenizer = preTokenizer;
        this.texts = new String[size];
        this.types = new int[size];
        this.scores = new float[size];
        this.scored = scored;
        this.merges = merges;
        for (int id = 0; id < size; id++) {
            set(id, "[PAD" + id + "]", unusedScore, UNUSED);
        }
    }

    /** Byte pairs over the letters of GPT-2. */
    static Vocabulary bytePairs(String preTokenizer, int size, List<String> merges) {
        return new Vocabulary("gpt2", preTokenizer, size, 0, false, merges);
    }

    /** Pieces with scores, as sentencepiece merges them. */
    static Vocabulary pieces(int size) {
        return new Vocabulary("llama", "default", size, -10000, true, List.of());
    }

    int size() {
        return texts.length;
    }

    int type(int id) {
        return types[id];
    }

    String text(int id) {
        return texts[id];
    }

    void set(int id, String text, float score, int type) {
        texts[id] = text;
        scores[id] = score;
        types[id] = type;
    }

    void describe(MetadataBuilder keys) {
        keys.set("tokenizer.ggml.model", model).set("tokenizer.ggml.pre", preTokenizer);
        keys.setStrings("tokenizer.ggml.tokens", Collections.unmodifiableList(new ArrayList<>(List.of(texts))));
        if (scored) {
            keys.set("tokenizer.ggml.scores", MetadataValue.floats(scores));
        }
        long[] wide = new long[types.length];
        for (int id = 0; id < wide.length; id++) {
            wide[id] = types[id];
        }
        keys.set("tokenizer.ggml.token_type", MetadataValue.integers(ValueType.INT32, wide));
        if (!merges.isEmpty()) {
            keys.setStrings("tokenizer.ggml.merges", merges);
        }
    }

    /** Whether a token that is not marked as special looks so all the same. */
    static boolean looksSpecial(String token) {
        return switch (token) {
            case "<pad>", "<mask>", "<2mass>", "[@BOS@]" -> true;
            default ->
                token.startsWith("<|") && token.endsWith("|>")
                        || token.startsWith("<｜") && token.endsWith("｜>")
                        || token.startsWith("<unused") && token.endsWith(">");
        };
    }
}

package moka.quantize.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import moka.gguf.Json;
import moka.quantize.QuantizeException;

/**
 * A {@code tokenizer.json}, read as a stream: what its model is, which tokens it has, and the rest as trees.
 *
 * @param name for messages
 * @param type of the model: {@code BPE}, {@code Unigram}, {@code WordPiece} or {@code WordLevel}; empty where the file does not say
 * @param tokens the model's tokens, by id; null where an id has none
 * @param merges of a byte-pair model, the earlier before the later: {@code left right}, a space inside a part as U+0120
 * @param byteFallback whether characters without a token become tokens {@code <0xXX>}
 * @param ignoreMerges whether a piece that is a token needs no merges
 * @param added tokens that are found in the text before the model sees it
 * @param preTokenizer how text is cut; empty where it is not
 * @param normalizer what is done to the text first; empty for nothing
 * @param postProcessor what is put around it; empty for nothing
 */
record TokenizerFile(
        String name,
        String type,
        List<String> tokens,
        List<String> merges,
        boolean byteFallback,
        boolean ignoreMerges,
        List<AddedToken> added,
        Map<String, Object> preTokenizer,
        Map<String, Object> normalizer,
        Map<String, Object> postProcessor) {
    private static final int MOST_TOKENS = 1 << 22;

    /** A token that is looked for in the text. */
    record AddedToken(int id, String content, boolean special) {}

    static TokenizerFile read(Path path) {
        return new Reader(path).read();
    }

    /** Whether a space is put before the text: by the normalizer, or by a pre-tokenizer that marks spaces. */
    boolean prependsSpace() {
        return steps(normalizer, "normalizers").stream().anyMatch(it -> "Prepend".equals(it.get("type")))
                || steps(preTokenizer, "pretokenizers").stream()
                        .anyMatch(it -> "Metaspace".equals(it.get("type"))
                                && !"never".equals(it.get("prepend_scheme"))
                                && !Boolean.FALSE.equals(it.get("add_prefix_space")));
    }

    private static List<Map<?, ?>> steps(Map<String, Object> step, String parts) {
        List<Map<?, ?>> steps = new ArrayList<>(List.of(step));
        if (step.get(parts) instanceof List<?> list) {
            for (Object part : list) {
                if (part instanceof Map<?, ?> map) {
                    steps.add(map);
                }
            }
        }
        return steps;
    }

    private static final class Reader {
        private final String name;
        private final Json json;
        private String type = "";
        private final List<String> tokens = new ArrayList<>();
        private final List<String> merges = new ArrayList<>();
        private boolean byteFallback;
        private boolean ignoreMerges;
        private final List<AddedToken> added = new ArrayList<>();
        private Map<String, Object> preTokenizer = Map.of();
        private Map<String, Object> normalizer = Map.of();
        private Map<String, Object> postProcessor = Map.of();

        Reader(Path path) {
            name = String.valueOf(path.getFileName());
            json = JsonFile.reader(path, JsonFile.VOCABULARY_BYTES);
        }

        TokenizerFile read() {
            json.beginObject();
            for (boolean first = true; json.nextMember(first); first = false) {
                switch (json.name()) {
                    case "model" -> readModel();
                    case "added_tokens" -> readAdded();
                    case "pre_tokenizer" -> preTokenizer = objectOrNull();
                    case "normalizer" -> normalizer = objectOrNull();
                    case "post_processor" -> postProcessor = objectOrNull();
                    default -> json.skipValue();
                }
            }
            json.end();
            return new TokenizerFile(
                    name, type, tokens, merges, byteFallback, ignoreMerges, added, preTokenizer, normalizer, postProcessor);
        }

        private void readModel() {
            json.beginObject();
            for (boolean first = true; json.nextMember(first); first = false) {
                switch (json.name()) {
                    case "type" -> type = json.string("a string");
                    case "byte_fallback" -> byteFallback = json.literal().equals("true");
                    case "ignore_merges" -> ignoreMerges = json.literal().equals("true");
                    case "vocab" -> readVocabulary();
                    case "merges" -> readMerges();
                    default -> json.skipValue();
                }
            }
        }

        private void readVocabulary() {
            if (json.kind() != Json.Kind.OBJECT) {
                // A unigram model: an array of pieces with scores, refused by its type later.
                json.skipValue();
                return;
            }
            json.beginObject();
            for (boolean first = true; json.nextMember(first); first = false) {
                String token = json.name();
                set(json.count("id of token '" + token + "'"), token);
            }
        }

        private void set(long id, String token) {
            if (id >= MOST_TOKENS) {
                throw new QuantizeException(name + ": token '" + token + "' has id " + id + ", expected less than " + MOST_TOKENS);
            }
            while (tokens.size() <= id) {
                tokens.add(null);
            }
            tokens.set((int) id, token);
        }

        /** Older files have each merge as a string, newer ones as a pair. */
        private void readMerges() {
            json.beginArray();
            for (boolean first = true; json.nextElement(first); first = false) {
                if (json.kind() == Json.Kind.STRING) {
                    merges.add(json.string("a merge"));
                    continue;
                }
                json.beginArray();
                json.nextElement(true);
                String left = json.string("the left part of a merge");
                json.nextElement(false);
                String right = json.string("the right part of a merge");
                if (json.nextElement(false)) {
                    throw new QuantizeException(name + ": merge of '" + left + "' and '" + right + "' has more parts, expected two");
                }
                merges.add(left.replace(' ', 'Ġ') + " " + right.replace(' ', 'Ġ'));
            }
        }

        private void readAdded() {
            if (!(JsonFile.tree(json).orElse(List.of()) instanceof List<?> list)) {
                throw new QuantizeException(name + ": added_tokens is no array");
            }
            for (Object entry : list) {
                if (!(entry instanceof Map<?, ?> token)
                        || !(token.get("id") instanceof Long id)
                        || !(token.get("content") instanceof String content)
                        || id < 0
                        || id >= MOST_TOKENS) {
                    throw new QuantizeException(name + ": added_tokens has an entry without id or content");
                }
                added.add(new AddedToken(id.intValue(), content, Boolean.TRUE.equals(token.get("special"))));
            }
        }

        @SuppressWarnings("unchecked") // the trees of JsonFile have strings as keys
        private Map<String, Object> objectOrNull() {
            return JsonFile.tree(json).orElse(Map.of()) instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
        }
    }
}

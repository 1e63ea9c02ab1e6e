package moka.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import moka.gguf.Metadata;
import moka.gguf.MetadataBuilder;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;

/** Vocabularies of every kind, small enough to be read in a test: single bytes or letters, a few words, and special tokens. */
final class SmallVocabulary {
    static final List<String> KINDS =
            List.of("gpt2", "llama", "bert", "t5", "rwkv", "plamo2", "gemma4", "hybriddna", "whitespace");

    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    private static final int BYTE = 6;

    private final MetadataBuilder metadata = Metadata.builder("small.gguf");
    private final List<String> texts = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();

    private SmallVocabulary(String model) {
        metadata.set("tokenizer.ggml.model", model);
    }

    /**
     * A vocabulary with the words he, hell and hello (with the marks of its kind), and, where the kind has ids by default, the special
     * tokens that belong there.
     */
    static SmallVocabulary of(String model) {
        var small = new SmallVocabulary(model);
        switch (model) {
            case "llama", "t5", "plamo2" -> small.specials("<unk>", "<s>", "</s>").bytes().letters("▁", "");
            case "gemma4" -> small.specials("<pad>", "<eos>", "<bos>").bytes().letters("▁", "");
            case "bert" -> small.specials("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]").letters("", "▁");
            case "rwkv" -> small.specials("<s>").escapes();
            default -> small.specials("<|begin|>", "<|end_of_text|>").byteLetters();
        }
        return small.words();
    }

    private SmallVocabulary specials(String... names) {
        for (String name : names) {
            add(name, name.contains("unk") || name.contains("UNK") ? UNKNOWN : CONTROL);
            switch (name) {
                case "<s>", "<bos>", "[CLS]", "<|begin|>" -> id("bos", texts.size() - 1);
                case "</s>", "<eos>", "<|end_of_text|>" -> id("eos", texts.size() - 1);
                case "<unk>", "[UNK]" -> id("unknown", texts.size() - 1);
                case "[SEP]" -> id("seperator", texts.size() - 1);
                default -> {}
            }
        }
        return this;
    }

    private SmallVocabulary bytes() {
        IntStream.range(0, 256).forEach(b -> add(String.format(Locale.ROOT, "<0x%02X>", b), BYTE));
        return this;
    }

    /** Letters and some signs, each also with a mark before it. */
    private SmallVocabulary letters(String more, String mark) {
        for (char c : ("abcdefghijklmnopqrstuvwxyz0123456789<>|_/[]" + more).toCharArray()) {
            add(String.valueOf(c), NORMAL);
            if (!mark.isEmpty()) {
                add(mark + c, NORMAL);
            }
        }
        return this;
    }

    private SmallVocabulary escapes() {
        IntStream.range(0, 256).forEach(b -> add(String.format(Locale.ROOT, "\\x%02x", b), NORMAL));
        return this;
    }

    private SmallVocabulary byteLetters() {
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b != 0xAD;
            add(String.valueOf((char) (printable ? b : next++)), NORMAL);
        }
        return this;
    }

    private SmallVocabulary words() {
        merges.addAll(List.of("h e", "l l", "he ll", "hell o"));
        String mark = texts.contains("▁h") ? "▁" : "";
        for (String word : List.of("he", "ll", "hell", "hello")) {
            add(mark + word, NORMAL);
        }
        return this;
    }

    /** Adds a token. @return this */
    SmallVocabulary add(String text, int type) {
        texts.add(text);
        types.add(type);
        scores.add(-(float) texts.size());
        return this;
    }

    SmallVocabulary merge(String merge) {
        merges.add(merge);
        return this;
    }

    List<String> merges() {
        return merges;
    }

    SmallVocabulary id(String name, long id) {
        metadata.set("tokenizer.ggml." + name + "_token_id", MetadataValue.uint32(id));
        return this;
    }

    SmallVocabulary flag(String name, boolean value) {
        metadata.set("tokenizer.ggml." + name, value);
        return this;
    }

    SmallVocabulary set(String key, String value) {
        metadata.set(key, value);
        return this;
    }

    SmallVocabulary set(String key, MetadataValue value) {
        metadata.set(key, value);
        return this;
    }

    int idOf(String text) {
        int id = texts.indexOf(text);
        if (id < 0) {
            throw new AssertionError("no token " + text);
        }
        return id;
    }

    Metadata metadata() {
        metadata.setStrings("tokenizer.ggml.tokens", texts);
        metadata.set(
                "tokenizer.ggml.token_type",
                MetadataValue.integers(ValueType.INT32, types.stream().mapToLong(Integer::longValue).toArray()));
        var values = new float[scores.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = scores.get(i);
        }
        metadata.set("tokenizer.ggml.scores", MetadataValue.floats(values));
        metadata.setStrings("tokenizer.ggml.merges", merges);
        return metadata.build();
    }

    Tokenizer tokenizer() {
        return Tokenizer.of(metadata());
    }
}

package moka.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue.ArrayValue;

/**
 * Ids with a meaning: those that the file names, and those that are known by their text because files often forget to name them. A
 * control-looking token that the file calls something else becomes a control token here, as in llama.cpp, so that models meant for it stop
 * where they should.
 */
final class KnownTokens {
    private static final List<String> END_OF_TURN = List.of(
            "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>", "[EOT]",
            "<｜end▁of▁sentence｜>", "<end_of_utterance>");
    private static final List<String> END_OF_MESSAGE = List.of("<|eom_id|>");
    private static final List<String> INFILL_PREFIX = List.of(
            "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>");
    private static final List<String> INFILL_SUFFIX = List.of(
            "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>");
    private static final List<String> INFILL_MIDDLE = List.of(
            "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>");
    private static final List<String> INFILL_PADDING = List.of("<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]");
    private static final List<String> INFILL_REPOSITORY =
            List.of("<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>");
    private static final List<String> INFILL_SEPARATOR = List.of("<|file_sep|>");
    private static final List<String> ENDS = List.of(
            "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>",
            "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>",
            "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[");
    /** Frame of the harmony format: shown, so that what a model says in each channel can be told apart. */
    private static final List<String> CHANNELS = List.of("<|channel|>", "<|message|>", "<|start|>", "<|constrain|>");

    /** Finds a token by its text in the file, or gives -1. */
    @FunctionalInterface
    interface Finder {
        int find(String text);
    }

    private final Metadata metadata;
    private final Vocabulary vocabulary;
    private final Finder finder;
    private final List<String> warnings = new ArrayList<>();

    int bos;
    int eos;
    int unknown;
    int separator;
    int padding;
    int mask;
    final TreeSet<Integer> endOfGeneration = new TreeSet<>();
    final TreeSet<Integer> suppressed = new TreeSet<>();

    private KnownTokens(Metadata metadata, Vocabulary vocabulary, Finder finder) {
        this.metadata = metadata;
        this.vocabulary = vocabulary;
        this.finder = finder;
    }

    /** @param defaults ids where the file names none, or -1: bos, eos, unknown, separator, padding, mask */
    static KnownTokens find(Metadata metadata, Vocabulary vocabulary, Finder finder, int[] defaults) {
        var known = new KnownTokens(metadata, vocabulary, finder);
        known.bos = known.named("bos", defaults[0]);
        known.eos = known.named("eos", defaults[1]);
        known.unknown = known.named("unknown", defaults[2]);
        known.separator = known.named("seperator", defaults[3]);
        known.padding = known.named("padding", defaults[4]);
        known.mask = known.named("mask", defaults[5]);
        known.findSuppressed();
        known.findEnds();
        known.addStrips();
        return known;
    }

    List<String> warnings() {
        return warnings;
    }

    private int named(String name, int otherwise) {
        int byDefault = otherwise < vocabulary.size() ? otherwise : -1;
        String key = "tokenizer.ggml." + name + "_token_id";
        OptionalLong id = metadata.integer(key);
        if (id.isEmpty()) {
            return byDefault;
        }
        if (id.getAsLong() < 0 || id.getAsLong() >= vocabulary.size()) {
            warnings.add("'" + key + "' is " + id.getAsLong() + " but the vocabulary has " + vocabulary.size() + " tokens: ignored");
            return byDefault;
        }
        return (int) id.getAsLong();
    }

    private void findSuppressed() {
        long[] ids = metadata.array("tokenizer.ggml.suppress_tokens").map(ArrayValue::longs).orElseGet(() -> new long[0]);
        for (long id : ids) {
            if (id >= 0 && id < vocabulary.size()) {
                suppressed.add((int) id);
            }
        }
    }

    private void findEnds() {
        int endOfTurn = namedOrKnown("eot", END_OF_TURN);
        int endOfMessage = namedOrKnown("eom", END_OF_MESSAGE);
        namedOrKnown(named("fim_pre", named("prefix", -1)), INFILL_PREFIX);
        namedOrKnown(named("fim_suf", named("suffix", -1)), INFILL_SUFFIX);
        namedOrKnown(named("fim_mid", named("middle", -1)), INFILL_MIDDLE);
        addEnd(namedOrKnown("fim_pad", INFILL_PADDING));
        addEnd(namedOrKnown("fim_rep", INFILL_REPOSITORY));
        addEnd(namedOrKnown("fim_sep", INFILL_SEPARATOR));
        markUnused();
        for (String text : ENDS) {
            int id = finder.find(text);
            if (id >= 0) {
                addEnd(id);
                makeControl(id);
            }
        }
        for (String text : CHANNELS) {
            int id = finder.find(text);
            if (id >= 0) {
                vocabulary.setAttributes(id, Attributes.USER_DEFINED);
            }
        }
        addEnd(eos);
        addEnd(endOfTurn);
        addEnd(endOfMessage);
        boolean calls = isEnd("<|call|>") || isEnd("<|calls|>");
        if (calls && (isEnd("<|return|>") || isEnd("<|flush|>"))) {
            removeEnd("<|end|>", Attributes.USER_DEFINED);
        }
        if (isEnd("<|tool_response>")) {
            removeEnd("</s>", Attributes.NORMAL);
        }
    }

    private int namedOrKnown(String name, List<String> texts) {
        return namedOrKnown(named(name, -1), texts);
    }

    private int namedOrKnown(int named, List<String> texts) {
        if (named >= 0) {
            return named;
        }
        for (String text : texts) {
            int id = finder.find(text);
            if (id >= 0) {
                makeControl(id);
                return id;
            }
        }
        return -1;
    }

    private void makeControl(int id) {
        vocabulary.setAttributes(id, vocabulary.attributes(id) | Attributes.CONTROL);
    }

    private void addEnd(int id) {
        if (id >= 0) {
            endOfGeneration.add(id);
        }
    }

    private boolean isEnd(String text) {
        return endOfGeneration.contains(finder.find(text));
    }

    private void removeEnd(String text, int attributes) {
        int id = finder.find(text);
        if (endOfGeneration.remove(id)) {
            vocabulary.setAttributes(id, attributes);
        }
    }

    private void markUnused() {
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.is(id, Attributes.CONTROL) && vocabulary.text(id).contains("unused")) {
                vocabulary.setAttributes(id, vocabulary.attributes(id) | Attributes.UNUSED);
            }
        }
    }

    /** Tokens that swallow white space beside them; no key of the format says so, it goes by the names of models. */
    private void addStrips() {
        String pre = metadata.string("tokenizer.ggml.pre").orElse("");
        String architecture = metadata.string("general.architecture").orElse("");
        String name = metadata.string("general.name").orElse("").toLowerCase(java.util.Locale.ROOT);
        if (pre.contains("jina-v2-de") || pre.contains("jina-v2-es") || pre.contains("jina-v2-code")
                || architecture.contains("nomic-bert-moe") || architecture.contains("jina-bert-v3")) {
            addStrip("<mask>", Attributes.LEFT_STRIP);
        } else if (name.contains("phi-3") || name.contains("phi3")) {
            for (int id = 0; id < vocabulary.size(); id++) {
                if (vocabulary.is(id, Attributes.CONTROL | Attributes.USER_DEFINED | Attributes.UNKNOWN)) {
                    vocabulary.setAttributes(id, vocabulary.attributes(id) | Attributes.RIGHT_STRIP);
                }
            }
            addStrip("</s>", Attributes.RIGHT_STRIP);
            for (String text : List.of("<unk>", "<s>", "<|endoftext|>")) {
                int id = finder.find(text);
                if (id >= 0) {
                    vocabulary.setAttributes(id, vocabulary.attributes(id) & ~Attributes.RIGHT_STRIP);
                }
            }
        } else if (name.contains("modern-bert")) {
            addStrip("[MASK]", Attributes.LEFT_STRIP);
        }
    }

    private void addStrip(String text, int attribute) {
        int id = finder.find(text);
        if (id >= 0) {
            vocabulary.setAttributes(id, vocabulary.attributes(id) | attribute);
        }
    }
}

package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;
import moka.gguf.MetadataValue.ArrayValue;

/** Makes the tokenizer that a file's metadata describes. */
final class TokenizerLoader {
    private static final int NONE = -1;

    private final Metadata metadata;
    private final String model;
    private final Vocabulary vocabulary;
    private final List<String> warnings = new ArrayList<>();

    private TokenizerLoader(Metadata metadata) {
        this.metadata = metadata;
        model = metadata.requireString("tokenizer.ggml.model");
        vocabulary = Vocabulary.read(metadata);
    }

    static Tokenizer load(Metadata metadata) {
        return new TokenizerLoader(metadata).load();
    }

    private Tokenizer load() {
        return switch (model) {
            case "gpt2", "gemma4", "hybriddna", "whitespace" -> bytePair();
            case "llama" -> sentencePiece();
            default ->
                throw new TokenizerException(metadata.source() + ": 'tokenizer.ggml.model' is '" + model
                        + "', expected gpt2, llama, bert, t5, rwkv, plamo2, gemma4, hybriddna or whitespace");
        };
    }

    private Tokenizer bytePair() {
        PreTokenizer pre = preTokenizer();
        ArrayValue merges = metadata.requireArray("tokenizer.ggml.merges");
        var bytePair = new BytePairModel(vocabulary, pre, merges);
        int bos = model.equals("gemma4") || !pre.defaultBos() ? NONE : 11;
        int eos = model.equals("gemma4") ? NONE : 11;
        KnownTokens known = known(bytePair, bos, eos, NONE, NONE, NONE, NONE);
        boolean addBos = pre.forceBos() || flag("add_bos_token", pre.addBos());
        var settings = new TokenizerSettings(
                model,
                addBos && known.bos >= 0,
                flag("add_eos_token", false) && known.eos >= 0,
                false,
                flag("add_space_prefix", false),
                pre.cleanSpaces(),
                false);
        var writing = pre.escapeSpaces() ? Detokenizer.Writing.ESCAPED_SPACES : Detokenizer.Writing.BYTE_LETTERS;
        return tokenizer(settings, known, bytePair, writing);
    }

    private PreTokenizer preTokenizer() {
        if (model.equals("gemma4")) {
            return PreTokenizer.named("gemma4").orElseThrow();
        }
        String key = "tokenizer.ggml.pre";
        String name = metadata.string(key).orElse("");
        if (name.isEmpty()) {
            warnings.add("'" + key + "' is missing: text is split by the rule 'default', answers may be worse than they should be");
            return PreTokenizer.named("default").orElseThrow();
        }
        return PreTokenizer.named(name).orElseGet(() -> {
            warnings.add("'" + key + "' is '" + name
                    + "', which is unknown: text is split by the rule 'default', answers may be worse than they should be");
            return PreTokenizer.named("default").orElseThrow();
        });
    }

    private Tokenizer sentencePiece() {
        boolean spacePrefix = flag("add_space_prefix", true);
        int unknown = (int) metadata.integer("tokenizer.ggml.unknown_token_id").orElse(0);
        var sentencePiece = new SentencePieceModel(vocabulary, unknown < vocabulary.size() ? unknown : NONE, spacePrefix);
        KnownTokens known = known(sentencePiece, 1, 2, 0, NONE, NONE, NONE);
        var settings = new TokenizerSettings(
                model,
                flag("add_bos_token", true) && known.bos >= 0,
                flag("add_eos_token", false) && known.eos >= 0,
                false,
                spacePrefix,
                false,
                true);
        return tokenizer(settings, known, sentencePiece, Detokenizer.Writing.ESCAPED_SPACES);
    }

    private KnownTokens known(TextModel textModel, int... defaults) {
        var known = KnownTokens.find(metadata, vocabulary, textModel::find, defaults);
        warnings.addAll(known.warnings());
        return known;
    }

    private boolean flag(String name, boolean otherwise) {
        return metadata.bool("tokenizer.ggml." + name).orElse(otherwise);
    }

    private Tokenizer tokenizer(TokenizerSettings settings, KnownTokens known, TextModel textModel, Detokenizer.Writing writing) {
        var guarded = new boolean[vocabulary.size()];
        var specialTokens = new SpecialTokens(vocabulary, guarded);
        markGuarded(guarded, specialTokens, known);
        return new GgufTokenizer(new GgufTokenizer.TokenizerParts(
                vocabulary, settings, known, textModel, new Detokenizer(vocabulary, writing), specialTokens, guarded, warnings));
    }

    /**
     * Marks the tokens that text from users never becomes: control tokens, ends of generation, and those user-defined tokens that make up
     * the frame of a conversation, because they look so or because the chat template writes them (files differ in what they call a
     * control token). Blank ones, such as runs of spaces, are just text.
     */
    private void markGuarded(boolean[] guarded, SpecialTokens specialTokens, KnownTokens known) {
        for (int id = 0; id < guarded.length; id++) {
            guarded[id] = vocabulary.is(id, Attributes.CONTROL | Attributes.UNKNOWN)
                    || vocabulary.is(id, Attributes.USER_DEFINED) && looksLikeFrame(vocabulary.text(id));
        }
        for (int id : known.endOfGeneration) {
            guarded[id] |= !model.equals("rwkv");
        }
        for (Map.Entry<String, MetadataValue> entry : metadata.values().entrySet()) {
            if (entry.getKey().startsWith("tokenizer.chat_template") && entry.getValue() instanceof MetadataValue.StringValue template) {
                specialTokens.forEachIn(template.value().getBytes(StandardCharsets.UTF_8), id -> {
                    guarded[id] |= !vocabulary.text(id).isBlank();
                });
            }
        }
    }

    private static final List<String> FRAME_BEGINNINGS = List.of("<|", "<｜", "[INST", "[/INST", "<start_of", "<end_of", "<s>", "</s>");
    private static final List<String> FRAME_ENDS = List.of("|>", "｜>");

    private static boolean looksLikeFrame(String text) {
        return FRAME_BEGINNINGS.stream().anyMatch(text::startsWith) || FRAME_ENDS.stream().anyMatch(text::endsWith);
    }
}

package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;
import moka.gguf.MetadataValue.ArrayValue;
import moka.tokenizer.TokenizerSettings.Malformed;

/** Makes the tokenizer that a file's metadata describes. */
final class TokenizerLoader {
    private static final int NONE = -1;

    /** Byte-pair rules that write spaces as U+2581 and begin with characters. */
    private static final Set<String> SENTENCE_PIECE_LIKE = Set.of("gemma4", "granite-embed-multi-311m", "sarvam-moe");

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
            case "bert" -> wordPiece();
            case "t5" -> unigram();
            case "rwkv" -> greedy();
            case "plamo2" -> plamo2();
            default ->
                throw new TokenizerException(metadata.source() + ": 'tokenizer.ggml.model' is '" + model
                        + "', expected gpt2, llama, bert, t5, rwkv, plamo2, gemma4, hybriddna or whitespace");
        };
    }

    private Tokenizer bytePair() {
        boolean gemma = model.equals("gemma4");
        String preName = gemma ? "gemma4" : preName();
        PreTokenizer pre = PreTokenizer.named(preName).orElseThrow();
        boolean escapeSpaces = SENTENCE_PIECE_LIKE.contains(preName);
        boolean wholeLineEnds = escapeSpaces && !preName.equals("sarvam-moe");
        boolean words = model.equals("whitespace");
        boolean byteLevel = !escapeSpaces && !words && !preName.equals("whitespace");
        var options = new BytePairModel.Options(byteLevel, escapeSpaces, pre.flags().ignoreMerges(), wholeLineEnds);
        TextModel textModel = new BytePairModel(vocabulary, pre.splitter(), options, merges(preName));
        if (words) {
            textModel = new WordsModel(textModel, flag("normalizer.lowercase", !preName.equals("whitespace")));
        } else if (model.equals("hybriddna")) {
            textModel = new DnaModel(textModel);
        }
        KnownTokens known = known(textModel, gemma || !pre.flags().bosByDefault() ? NONE : 11, gemma ? NONE : 11, NONE, NONE, NONE, NONE);
        var settings = settings(known)
                .adding(wholeLineEnds || flag("add_bos_token", pre.flags().addBos()), flag("add_eos_token", false))
                .treatingSpaces(flag("add_space_prefix", false), pre.flags().cleanSpaces());
        var writing = escapeSpaces
                ? Detokenizer.Writing.ESCAPED_SPACES
                : model.equals("hybriddna") ? Detokenizer.Writing.BYTE_LETTERS_OR_DNA : Detokenizer.Writing.BYTE_LETTERS;
        return tokenizer(settings, known, textModel, writing);
    }

    private Optional<ArrayValue> merges(String preName) {
        String key = "tokenizer.ggml.merges";
        return preName.equals("kimi-k2") ? metadata.array(key) : Optional.of(metadata.requireArray(key));
    }

    private String preName() {
        String key = "tokenizer.ggml.pre";
        String name = metadata.string(key).orElse("");
        if (name.isEmpty()) {
            warnings.add("'" + key + "' is missing: text is split by the rule 'default', answers may be worse than they should be");
            return "default";
        }
        if (PreTokenizer.named(name).isEmpty()) {
            warnings.add("'" + key + "' is '" + name
                    + "', which is unknown: text is split by the rule 'default', answers may be worse than they should be");
            return "default";
        }
        return name;
    }

    private Tokenizer sentencePiece() {
        boolean spacePrefix = flag("add_space_prefix", true);
        var sentencePiece = new SentencePieceModel(vocabulary, namedId("unknown_token_id", 0), spacePrefix);
        KnownTokens known = known(sentencePiece, 1, 2, 0, NONE, NONE, NONE);
        var settings = settings(known)
                .adding(flag("add_bos_token", true), flag("add_eos_token", false))
                .treatingSpaces(spacePrefix, false)
                .treatingMalformed(Malformed.KEPT);
        return tokenizer(settings, known, sentencePiece, Detokenizer.Writing.ESCAPED_SPACES);
    }

    private Tokenizer wordPiece() {
        boolean lowercase = flag("normalizer.lowercase", true);
        boolean stripAccents = flag("normalizer.strip_accents", lowercase);
        var wordPiece = new WordPieceModel(vocabulary, namedId("unknown_token_id", 100), lowercase, stripAccents);
        KnownTokens known = known(wordPiece, 101, NONE, 100, 102, 0, 103);
        var settings = settings(known)
                .adding(flag("add_bos_token", true), flag("add_eos_token", false))
                .treatingSpaces(flag("add_space_prefix", false), true)
                .framing();
        return tokenizer(settings, known, wordPiece, Detokenizer.Writing.ESCAPED_SPACES);
    }

    private Tokenizer unigram() {
        boolean spacePrefix = flag("add_space_prefix", false);
        boolean mergeSpaces = flag("remove_extra_whitespaces", false);
        String key = "tokenizer.ggml.precompiled_charsmap";
        CharacterMap characterMap = metadata.array(key).map(TokenizerLoader::bytes).map(CharacterMap::of).orElse(CharacterMap.NONE);
        var unigram = new UnigramModel(vocabulary, characterMap, namedId("unknown_token_id", 2), spacePrefix, mergeSpaces);
        KnownTokens known = known(unigram, NONE, 1, 2, NONE, 0, NONE);
        var settings = settings(known)
                .adding(flag("add_bos_token", false), flag("add_eos_token", true))
                .treatingSpaces(spacePrefix, false)
                .treatingMalformed(Malformed.KEPT);
        return tokenizer(settings, known, unigram, Detokenizer.Writing.ESCAPED_SPACES);
    }

    private static byte[] bytes(ArrayValue array) {
        long[] values = array.longs();
        var bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private Tokenizer greedy() {
        var greedy = new GreedyModel(vocabulary, namedId("unknown_token_id", NONE));
        KnownTokens known = known(greedy, NONE, NONE, NONE, NONE, NONE, NONE);
        var settings = settings(known)
                .adding(flag("add_bos_token", false), flag("add_eos_token", false))
                .treatingMalformed(Malformed.KEPT)
                .withoutFrame();
        return tokenizer(settings, known, greedy, Detokenizer.Writing.PYTHON_ESCAPES);
    }

    private Tokenizer plamo2() {
        var plamo = new Plamo2Model(vocabulary);
        KnownTokens known = known(plamo, 1, 2, 0, NONE, 3, NONE);
        var settings = settings(known)
                .adding(flag("add_bos_token", false), flag("add_eos_token", false))
                .treatingMalformed(Malformed.REPLACED_UNLESS_SHAPED)
                .withoutFrame();
        return tokenizer(settings, known, plamo, Detokenizer.Writing.VERBATIM);
    }

    private TokenizerSettings settings(KnownTokens known) {
        return TokenizerSettings.of(model, known);
    }

    private int namedId(String name, int otherwise) {
        long id = metadata.integer("tokenizer.ggml." + name).orElse(otherwise);
        return id >= 0 && id < vocabulary.size() ? (int) id : NONE;
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
            // Among the ends of an RWKV model is "\n\n".
            guarded[id] |= !vocabulary.text(id).replace("\\n", "").isBlank();
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

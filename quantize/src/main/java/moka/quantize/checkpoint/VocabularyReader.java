package moka.quantize.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import moka.gguf.MetadataBuilder;
import moka.quantize.QuantizeException;
import moka.quantize.checkpoint.TokenizerFile.AddedToken;

/** Makes a model's vocabulary from the tokenizer files of a checkpoint. */
final class VocabularyReader {
    private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

    /** The score of tokens that are never merged. */
    private static final float APART = -1000;

    private final Path folder;
    private final Map<String, Object> config;
    private final Map<String, Object> tokenizerConfig;
    private final Optional<TokenizerFile> file;
    private final int size;

    /** @param size rows of the token embedding, which the vocabulary must not exceed */
    VocabularyReader(Path folder, Map<String, Object> config, int size) {
        this.folder = folder;
        this.config = config;
        this.size = size;
        tokenizerConfig = JsonFile.readIfPresent(folder.resolve("tokenizer_config.json")).orElse(Map.of());
        Path path = folder.resolve("tokenizer.json");
        file = Files.exists(path) ? Optional.of(TokenizerFile.read(path)) : Optional.empty();
    }

    /** What {@code tokenizer_config.json} calls the tokenizer. */
    Optional<String> tokenizerClass() {
        return tokenizerConfig.get("tokenizer_class") instanceof String name ? Optional.of(name) : Optional.empty();
    }

    /** Which files a family trusts. */
    enum Preference {
        /** {@code tokenizer.model} where there is one. */
        SENTENCE_PIECE,
        /** {@code tokenizer.model} with the tokens of all other files over it. */
        SENTENCE_PIECE_AND_ADDED,
        /** {@code tokenizer.json} alone. */
        TOKENIZER_JSON
    }

    /** Sets all {@code tokenizer.} keys. */
    void describe(Preference preference, MetadataBuilder keys) {
        Vocabulary vocabulary = vocabulary(preference);
        vocabulary.describe(keys);
        spacePrefix(preference).ifPresent(it -> keys.set("tokenizer.ggml.add_space_prefix", it));
        new SpecialTokens(folder, config, tokenizerConfig, file, vocabulary.size()).describe(keys);
    }

    /** What {@code tokenizer_config.json} says of the space before a text. */
    Optional<Boolean> addPrefixSpace() {
        return tokenizerConfig.get("add_prefix_space") instanceof Boolean add ? Optional.of(add) : Optional.empty();
    }

    /** Pieces from {@code tokenizer.json} get a space before the text only where it says so. */
    private Optional<Boolean> spacePrefix(Preference preference) {
        boolean merged = file.filter(TokenizerFile::byteFallback).isPresent() && !sentencePiece(preference);
        return merged && !file.get().prependsSpace() ? Optional.of(false) : Optional.empty();
    }

    private boolean sentencePiece(Preference preference) {
        return preference != Preference.TOKENIZER_JSON && Files.exists(folder.resolve("tokenizer.model"));
    }

    private Vocabulary vocabulary(Preference preference) {
        if (sentencePiece(preference)) {
            return pieces(SentencePieceFile.read(folder.resolve("tokenizer.model")), preference);
        }
        TokenizerFile tokenizer = file.orElseThrow(() -> new QuantizeException(
                folder + ": neither tokenizer.json nor tokenizer.model: a checkpoint needs one of them"));
        if (!tokenizer.type().equals("BPE")) {
            throw new QuantizeException(tokenizer.name() + ": the model is '" + tokenizer.type()
                    + "', expected BPE: other vocabularies are not read");
        }
        return tokenizer.byteFallback() ? mergedPieces(tokenizer) : bytePairs(tokenizer);
    }

    private Vocabulary bytePairs(TokenizerFile tokenizer) {
        Vocabulary vocabulary = Vocabulary.bytePairs(PreTokenizerNames.of(tokenizer), size, tokenizer.merges());
        setAll(tokenizer, vocabulary, Map.of());
        for (AddedToken token : added(tokenizer)) {
            boolean control = token.special() || Vocabulary.looksSpecial(token.content());
            set(
                    vocabulary,
                    token.id(),
                    control ? token.content() : token.content().replace('▁', ' '),
                    0,
                    control ? Vocabulary.CONTROL : Vocabulary.USER_DEFINED);
        }
        return vocabulary;
    }

    /**
     * Pieces of sentencepiece that are known by their merges alone. An engine joins the pair with the highest score first, so a piece's score is the
     * rank of the first merge that makes it, negative. (llama.cpp gives all the same score, which splits words otherwise than the model was taught.)
     */
    private Vocabulary mergedPieces(TokenizerFile tokenizer) {
        Map<String, Integer> ranks = new HashMap<>();
        for (int rank = 0; rank < tokenizer.merges().size(); rank++) {
            ranks.putIfAbsent(tokenizer.merges().get(rank).replace(" ", ""), rank);
        }
        Vocabulary vocabulary = Vocabulary.pieces(size);
        setAll(tokenizer, vocabulary, ranks);
        for (AddedToken token : added(tokenizer)) {
            set(vocabulary, token.id(), token.content(), APART, token.special() ? Vocabulary.CONTROL : Vocabulary.USER_DEFINED);
        }
        return vocabulary;
    }

    private void setAll(TokenizerFile tokenizer, Vocabulary vocabulary, Map<String, Integer> ranks) {
        for (int id = 0; id < tokenizer.tokens().size(); id++) {
            String token = tokenizer.tokens().get(id);
            if (token == null) {
                continue;
            }
            boolean isByte = tokenizer.byteFallback() && BYTE_TOKEN.matcher(token).matches();
            Integer rank = ranks.get(token);
            float score = rank != null ? -rank : tokenizer.byteFallback() ? APART * 1000 : 0;
            set(vocabulary, id, token, score, isByte ? Vocabulary.BYTE : Vocabulary.NORMAL);
        }
    }

    /** Those of {@code tokenizer.json}, and those that only {@code tokenizer_config.json} knows. */
    private List<AddedToken> added(TokenizerFile tokenizer) {
        List<AddedToken> all = new ArrayList<>(tokenizer.added());
        Set<Integer> known = new HashSet<>();
        all.forEach(it -> known.add(it.id()));
        decoderTokens().stream().filter(it -> known.add(it.id())).forEach(all::add);
        return all;
    }

    private Vocabulary pieces(SentencePieceFile model, Preference preference) {
        if (model.modelKind() != SentencePieceFile.BYTE_PAIRS) {
            throw new QuantizeException(
                    "tokenizer.model: a " + (model.modelKind() == SentencePieceFile.UNIGRAM ? "unigram" : "word or character")
                            + " model, expected one of byte pairs: other vocabularies are not read");
        }
        Vocabulary vocabulary = Vocabulary.pieces(size);
        for (int id = 0; id < Math.min(size, model.pieces().size()); id++) {
            SentencePieceFile.Piece piece = model.pieces().get(id);
            int type = switch (piece.type()) {
                case Vocabulary.UNKNOWN, Vocabulary.CONTROL, Vocabulary.UNUSED, Vocabulary.BYTE -> piece.type();
                default -> Vocabulary.NORMAL;
            };
            vocabulary.set(id, piece.text(), piece.score(), type);
        }
        boolean all = preference == Preference.SENTENCE_PIECE_AND_ADDED;
        JsonFile.readIfPresent(folder.resolve("added_tokens.json")).orElse(Map.of()).forEach((text, id) -> {
            if (id instanceof Long number && number >= 0 && number < size) {
                vocabulary.set(number.intValue(), text, APART, Vocabulary.USER_DEFINED);
            }
        });
        List<AddedToken> over = new ArrayList<>(decoderTokens());
        if (all) {
            file.ifPresent(it -> over.addAll(it.added()));
        }
        for (AddedToken token : over) {
            if (token.id() < size) {
                boolean control = token.special() || !all && Vocabulary.looksSpecial(token.content());
                vocabulary.set(
                        token.id(),
                        control || all ? token.content() : token.content().replace('▁', ' '),
                        APART,
                        control ? Vocabulary.CONTROL : Vocabulary.USER_DEFINED);
            }
        }
        return vocabulary;
    }

    /** {@code added_tokens_decoder}: objects under their ids. */
    private List<AddedToken> decoderTokens() {
        List<AddedToken> tokens = new ArrayList<>();
        if (tokenizerConfig.get("added_tokens_decoder") instanceof Map<?, ?> map) {
            map.forEach((id, entry) -> {
                String number = String.valueOf(id);
                if (!number.matches("[0-9]{1,8}")
                        || !(entry instanceof Map<?, ?> token)
                        || !(token.get("content") instanceof String content)) {
                    throw new QuantizeException("tokenizer_config.json: added_tokens_decoder has an entry without id or content");
                }
                tokens.add(new AddedToken(Integer.parseInt(number), content, Boolean.TRUE.equals(token.get("special"))));
            });
        }
        return tokens;
    }

    private void set(Vocabulary vocabulary, int id, String text, float score, int type) {
        if (id >= size) {
            throw new QuantizeException("tokenizer.json: token '" + text + "' has id " + id + ", but config.json tells a vocabulary of " + size);
        }
        vocabulary.set(id, text, score, type);
    }
}

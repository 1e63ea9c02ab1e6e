package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.NUMBER;
import static moka.tokenizer.CharacterClasses.PUNCTUATION;

import java.util.Optional;

/**
 * What a {@code tokenizer.ggml.pre} name means.
 *
 * @param splitter the rule that cuts text into pieces
 * @param ignoreMerges a piece that is a token is taken whole, without merging
 * @param cleanSpaces decoding drops spaces before punctuation
 * @param addBos a BOS is put in front where the file does not say
 * @param escapeSpaces a space becomes U+2581 before splitting, and text is not mapped to byte letters
 * @param defaultBos whether there is a BOS (id 11) where the file names none
 */
record PreTokenizer(
        Splitter splitter, boolean ignoreMerges, boolean cleanSpaces, boolean addBos, boolean escapeSpaces, boolean defaultBos) {

    /** A BOS is put in front whatever the file says. */
    boolean forceBos() {
        return false;
    }

    /** The meaning of a name, or nothing if it is unknown. */
    static Optional<PreTokenizer> named(String name) {
        return Optional.ofNullable(
                switch (name) {
                    case "default" -> plain(defaultRule());
                    case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano" ->
                        new PreTokenizer(Splitter.of(WordRule.LLAMA3), true, true, true, false, true);
                    case "gpt-2", "phi-2", "mpt", "olmo" -> plain(Splitter.of(new Gpt2Rule()));
                    case "qwen2", "deepseek-r1-qwen" -> keepingSpaces(Splitter.of(WordRule.QWEN2));
                    default -> null;
                });
    }

    private static PreTokenizer plain(Splitter splitter) {
        return new PreTokenizer(splitter, false, true, false, false, true);
    }

    private static PreTokenizer keepingSpaces(Splitter splitter) {
        return new PreTokenizer(splitter, false, false, false, false, true);
    }

    private static Splitter defaultRule() {
        return Splitter.of(Runs.of(c -> isPunctuationOrOneOf(c, "$+<=>^~|"), Integer.MAX_VALUE))
                .then(Splitter.of(new Gpt2Rule()))
                .then(Splitter.of(Runs.ofClasses(NUMBER, Integer.MAX_VALUE)))
                .then(Splitter.of(Runs::threeDigits));
    }

    private static boolean isPunctuationOrOneOf(int codePoint, String others) {
        return (CharacterClasses.of(codePoint) & PUNCTUATION) != 0 || others.indexOf(codePoint) >= 0;
    }
}

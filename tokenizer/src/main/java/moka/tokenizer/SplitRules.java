package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.ASCII_PUNCTUATION;
import static moka.tokenizer.CharacterClasses.LETTER;
import static moka.tokenizer.CharacterClasses.NUMBER;
import static moka.tokenizer.CharacterClasses.PUNCTUATION;
import static moka.tokenizer.CharacterClasses.SPACE;

/**
 * The rules by which byte-pair tokenizers cut text into pieces. A rule of several passes cuts every piece of a pass again in the next.
 * The regular expressions in the comments are what the models were trained with.
 */
final class SplitRules {
    private static final int ANY = Integer.MAX_VALUE;

    private SplitRules() {}

    static Splitter words(WordRule rule) {
        return Splitter.of(rule);
    }

    static Splitter cases(CaseRule rule) {
        return Splitter.of(rule);
    }

    static Splitter exaoneMoe() {
        return Splitter.of(new ExaoneRule());
    }

    static Splitter gpt2() {
        return Splitter.of(new Gpt2Rule());
    }

    /** {@code [\p{P}\$\+<=>\^~\|]+}, GPT-2's, {@code \p{N}+}, {@code [0-9][0-9][0-9]}. */
    static Splitter standard() {
        return Runs.of(c -> is(c, PUNCTUATION) || "$+<=>^~|".indexOf(c) >= 0)
                .then(gpt2())
                .then(Runs.ofClasses(NUMBER, ANY))
                .then(Splitter.ofMatches(Runs::threeDigits));
    }

    /** {@code [\p{P}\$\+<=>\^~\|`]+}, GPT-2's, {@code [0-9][0-9][0-9]}. */
    static Splitter falcon() {
        return Runs.of(c -> is(c, PUNCTUATION) || "$+<=>^~|`".indexOf(c) >= 0)
                .then(gpt2())
                .then(Splitter.ofMatches(Runs::threeDigits));
    }

    /** {@code \p{N}}, GPT-2's. */
    static Splitter starCoder() {
        return Runs.ofClasses(NUMBER, 1).then(gpt2());
    }

    /** {@code \p{N}{1,3}}, then as Llama 3's with {@code \p{N}+}. */
    static Splitter miniCpm5() {
        return Runs.ofClasses(NUMBER, 3).then(words(WordRule.MINICPM5));
    }

    /** {@code  ?[^(\s|.,!?…。，、।۔،)]+}. */
    static Splitter poro() {
        return Splitter.ofMatches((text, from, to) -> {
            int start = text[from] == ' ' ? from + 1 : from;
            int end = Runs.run(text, start, to, c -> !is(c, SPACE) && "(|.,!?…。，、।۔،)".indexOf(c) < 0);
            return end > start ? end : from;
        });
    }

    static Splitter viking() {
        return poro().then(Runs.ofClasses(NUMBER, 1));
    }

    /** {@code [^\n]+|[\n]+}. */
    static Splitter lines() {
        return Runs.of(c -> c == '\n');
    }

    /** {@code \S+}. */
    static Splitter whiteSpace() {
        return Runs.ofClasses(SPACE, ANY);
    }

    /** {@code \p{N}+}, {@code (?=(\d{3})+(?!\d))}. */
    static Splitter superBpe() {
        return Runs.ofClasses(NUMBER, ANY).then(DigitGroups.SUPER_BPE);
    }

    /** {@code \d{1,3}(?=(?:\d{3})*\b)}, GPT-4o's. */
    static Splitter tinyAya() {
        return DigitGroups.TINY_AYA.then(cases(CaseRule.GPT4O));
    }

    /** Runs of Hangul, of CJK punctuation, of Bopomofo, of other CJK letters; then as GPT-4o's with single digits. */
    static Splitter youtu() {
        return Splitter.ofMatches((text, from, to) -> {
                    int script = youtuScript(Utf8.codePoint(text, from));
                    return script == 0 ? from : Runs.run(text, from, to, c -> youtuScript(c) == script);
                })
                .then(cases(CaseRule.YOUTU));
    }

    private static int youtuScript(int c) {
        if (c < 0x2014) {
            return 0;
        }
        if (c >= 0xAC00 && c <= 0xD7A3 || c >= 0x3131 && c <= 0x318E) {
            return 1;
        }
        if (c >= 0x3001 && c <= 0x303F || c >= 0xFE30 && c <= 0xFE4F || "！…“”‘’—：；，".indexOf(c) >= 0) {
            return 2;
        }
        if (c >= 0x3105 && c <= 0x312F) {
            return 3;
        }
        return isCjk(c) ? 4 : 0;
    }

    /** {@code [一-龥぀-ゟ゠-ヿ]}. */
    private static boolean isCjk(int c) {
        return c >= 0x4E00 && c <= 0x9FA5 || c >= 0x3040 && c <= 0x30FF;
    }

    /** {@code \p{N}{1,3}}, {@code [一-龥぀-ゟ゠-ヿ]+}, words with their punctuation. */
    static Splitter deepSeekV3() {
        return Runs.ofClasses(NUMBER, 3)
                .then(Runs.of(SplitRules::isCjk))
                .then(Splitter.ofMatches(new PunctuatedWordRule(false)));
    }

    /** As {@link #deepSeekV3}, but line ends and digits are single pieces. */
    static Splitter spark() {
        return Runs.ofClasses(NUMBER, 3)
                .then(Runs.of(SplitRules::isCjk))
                .then(Splitter.ofMatches(new PunctuatedWordRule(true)))
                .then(Runs.ofClasses(NUMBER, 1));
    }

    /** Digits in threes from the right, runs of scripts that are written without spaces, words with their punctuation. */
    static Splitter afMoe() {
        return DigitGroups.AF_MOE
                .then(Runs.of(SplitRules::isWrittenWithoutSpaces))
                .then(Splitter.ofMatches(new PunctuatedWordRule(false)));
    }

    private static boolean isWrittenWithoutSpaces(int c) {
        if (c < 0x0E40) {
            return false;
        }
        return c >= 0x4E00 && c <= 0x9FFF
                || c >= 0x3400 && c <= 0x4DBF
                || c >= 0x8C48 && c <= 0xFAFF
                || c >= 0x3040 && c <= 0x30FF
                || c >= 0xFF65 && c <= 0xFF9F
                || c >= 0x2F00 && c <= 0x2FDF
                || c >= 0x0E40 && c <= 0x0EFF
                || c >= 0x1780 && c <= 0x17FF
                || c >= 0x1000 && c <= 0x109F
                || c >= 0xAA60 && c <= 0xAA7F
                || c >= 0xA9E0 && c <= 0xA9FF
                || c >= 0xAC00 && c <= 0xD7AF
                || c >= 0x1100 && c <= 0x11FF;
    }

    /** {@code [\r\n]}, {@code \s?[letters with case]+}, {@code \s?[punctuation]+}, {@code \s+$}, {@code [一-龥ࠀ-一가-퟿]+}, {@code \p{N}+}. */
    static Splitter deepSeekLlm() {
        return Runs.ofSingle(SplitRules::isLineEnd)
                .then(Runs.afterOptionalSpace(DeepSeekLetters::contains))
                .then(Runs.afterOptionalSpace(SplitRules::isDeepSeekPunctuation))
                .then(Runs::spaceAtEnd)
                .then(Runs.of(SplitRules::isDeepSeekCjk))
                .then(Runs.ofClasses(NUMBER, ANY));
    }

    /** {@code [\r\n]}, {@code \s?\p{L}+}, {@code \s?\p{P}+}, {@code [一-龥ࠀ-一가-퟿]+}, {@code \p{N}}. */
    static Splitter deepSeekCoder() {
        return Runs.ofSingle(SplitRules::isLineEnd)
                .then(Runs.afterOptionalSpace(c -> is(c, LETTER)))
                .then(Runs.afterOptionalSpace(c -> is(c, PUNCTUATION)))
                .then(Runs.of(SplitRules::isDeepSeekCjk))
                .then(Runs.ofClasses(NUMBER, 1));
    }

    private static boolean isLineEnd(int c) {
        return c == '\r' || c == '\n';
    }

    private static boolean isDeepSeekPunctuation(int c) {
        return c >= '!' && c <= '/'
                || c >= ':' && c <= '~'
                || c >= 0xFF01 && c <= 0xFF0F
                || c >= 0xFF1A && c <= 0xFF5E
                || c >= 0x2018 && c <= 0x201F
                || c >= 0x3000 && c <= 0x3002;
    }

    private static boolean isDeepSeekCjk(int c) {
        return c >= 0x0800 && c <= 0x9FA5 || c >= 0xAC00 && c <= 0xD7FF;
    }

    /** {@code <sentinel:[0-9]+>}, {@code (IMGIMG)((A|…|I){1,4})Z}, {@code ([\t\n]|    |  )}, {@code \p{N}}, ASCII punctuation, GPT-2's. */
    static Splitter chameleon() {
        return Splitter.ofMatches(SplitRules::sentinel)
                .then(Splitter.ofMatches(SplitRules::image))
                .then(Splitter.ofMatches(SplitRules::indentation))
                .then(Runs.ofClasses(NUMBER, 1))
                .then(Runs.ofSingle(c -> is(c, PUNCTUATION | ASCII_PUNCTUATION)))
                .then(gpt2());
    }

    private static int sentinel(byte[] text, int from, int to) {
        int digits = afterWord("<sentinel:", text, from, to);
        int end = digits;
        // A number is no longer than the text from here; what is looked through in vain is no sentinel's beginning either.
        while (end > from && end < to && Runs.isDigit(text[end])) {
            end++;
        }
        return end > digits && end < to && text[end] == '>' ? end + 1 : from;
    }

    private static int image(byte[] text, int from, int to) {
        int letters = afterWord("IMGIMG", text, from, to);
        int end = letters;
        while (end > from && end < to && end < letters + 4 && text[end] >= 'A' && text[end] <= 'I') {
            end++;
        }
        return end > letters && end < to && text[end] == 'Z' ? end + 1 : from;
    }

    /** The offset after an ASCII word at {@code from}, or {@code from}. */
    private static int afterWord(String word, byte[] text, int from, int to) {
        if (from + word.length() > to) {
            return from;
        }
        for (int i = 0; i < word.length(); i++) {
            if (text[from + i] != word.charAt(i)) {
                return from;
            }
        }
        return from + word.length();
    }

    private static int indentation(byte[] text, int from, int to) {
        if (text[from] == '\t' || text[from] == '\n') {
            return from + 1;
        }
        int spaces = 0;
        while (spaces < 4 && from + spaces < to && text[from + spaces] == ' ') {
            spaces++;
        }
        return spaces == 4 ? from + 4 : spaces >= 2 ? from + 2 : from;
    }

    private static boolean is(int codePoint, int classes) {
        return (CharacterClasses.of(codePoint) & classes) != 0;
    }
}

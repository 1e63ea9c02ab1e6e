package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.LETTER;
import static moka.tokenizer.CharacterClasses.LOWER;
import static moka.tokenizer.CharacterClasses.NEWLINE;
import static moka.tokenizer.CharacterClasses.NUMBER;
import static moka.tokenizer.CharacterClasses.SPACE;
import static moka.tokenizer.CharacterClasses.UPPER;
import static moka.tokenizer.CharacterClasses.length;

/**
 * The family of rules that began with GPT-4o's: as {@link WordRule}, but a word ends where small letters are followed by a capital. With
 * {@code U} for {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]} and {@code L} for {@code [\p{Ll}\p{Lm}\p{Lo}\p{M}]}, a word is
 * {@code [^\r\n\p{L}\p{N}]?U*L+} or else {@code [^\r\n\p{L}\p{N}]?U+L*}, with a contraction after it.
 *
 * @param contractions which contractions belong to the word before them
 * @param digitLimit longest number, in characters
 * @param tail what may follow other characters
 * @param hanApart whether {@code \p{Han}+} is a piece of its own, tried first, and no part of words
 */
record CaseRule(WordRule.Contractions contractions, int digitLimit, WordRule.Tail tail, boolean hanApart) implements Splitter.Rule {
    static final CaseRule GPT4O = new CaseRule(WordRule.Contractions.IGNORING_CASE, 3, WordRule.Tail.LINE_ENDS_AND_SLASHES, false);
    static final CaseRule YOUTU = new CaseRule(WordRule.Contractions.LETTERS, 1, WordRule.Tail.LINE_ENDS_AND_SLASHES, false);
    static final CaseRule TEKKEN = new CaseRule(WordRule.Contractions.NONE, 1, WordRule.Tail.LINE_ENDS_AND_SLASHES, false);
    static final CaseRule KIMI_K2 = new CaseRule(WordRule.Contractions.IGNORING_CASE, 3, WordRule.Tail.LINE_ENDS, true);

    @Override
    public int end(byte[] text, int from, int to) {
        int first = at(text, from);
        int second = from + length(first);
        if (hanApart && isHan(text, from)) {
            return Runs.run(text, second, to, Han::contains);
        }
        int word = word(text, from, to, first);
        if (word > from) {
            boolean contracted = contractions != WordRule.Contractions.NONE && word < to && text[word] == '\'';
            return contracted ? WordRule.contraction(text, word, to, contractions) : word;
        }
        if ((first & NUMBER) != 0) {
            return WordRule.number(text, second, to, digitLimit);
        }
        if ((first & SPACE) == 0) {
            return other(text, second, to);
        }
        if (text[from] == ' ' && second < to && (at(text, second) & (LETTER | NUMBER | SPACE)) == 0) {
            return other(text, second, to);
        }
        return WordRule.whiteSpace(text, from, to);
    }

    /** End of the word at {@code from}, or {@code from}: the alternatives in their order, each first with a character before the word. */
    private int word(byte[] text, int from, int to, int first) {
        int second = from + length(first);
        boolean before = (first & (NEWLINE | LETTER | NUMBER)) == 0 && second < to;
        int end = before ? endingSmall(text, second, to) : from;
        if (end <= from) {
            end = endingSmall(text, from, to);
        }
        if (end <= from && before) {
            end = run(text, second, to, UPPER);
            if (end == second) {
                end = from;
            }
        }
        return end > from ? end : run(text, from, to, UPPER);
    }

    /** End of {@code U*L+} at {@code from}, or -1. What both classes hold may end the word where no small letter follows. */
    private int endingSmall(byte[] text, int from, int to) {
        int end = from;
        int afterLower = -1;
        while (end < to) {
            int c = at(text, end);
            if ((c & UPPER) == 0) {
                return (c & LOWER) != 0 ? run(text, end, to, LOWER) : afterLower;
            }
            end += length(c);
            if ((c & LOWER) != 0) {
                afterLower = end;
            }
        }
        return afterLower;
    }

    private int other(byte[] text, int from, int to) {
        return WordRule.tail(text, WordRule.withoutClasses(text, from, to, LETTER | NUMBER | SPACE), to, tail);
    }

    private int run(byte[] text, int from, int to, int classes) {
        int end = from;
        while (end < to) {
            int c = at(text, end);
            if ((c & classes) == 0) {
                break;
            }
            end += length(c);
        }
        return end;
    }

    private int at(byte[] text, int offset) {
        int classes = CharacterClasses.at(text, offset);
        return hanApart && isHan(text, offset) ? classes & ~(UPPER | LOWER) : classes;
    }

    private static boolean isHan(byte[] text, int offset) {
        return text[offset] < 0 && Han.contains(Utf8.codePoint(text, offset));
    }
}

package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.ASCII_LETTER;
import static moka.tokenizer.CharacterClasses.ASCII_PUNCTUATION;
import static moka.tokenizer.CharacterClasses.LETTER;
import static moka.tokenizer.CharacterClasses.MARK;
import static moka.tokenizer.CharacterClasses.NEWLINE;
import static moka.tokenizer.CharacterClasses.PUNCTUATION;
import static moka.tokenizer.CharacterClasses.SPACE;
import static moka.tokenizer.CharacterClasses.SYMBOL;
import static moka.tokenizer.CharacterClasses.at;
import static moka.tokenizer.CharacterClasses.length;

/**
 * The family of rules that began with DeepSeek-V3's, as alternatives tried in this order:
 *
 * <ol>
 *   <li>ASCII punctuation and the word after it: <code>[!-/:-@\[-`&#123;-~][A-Za-z]+</code>
 *   <li>a word: {@code [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+}
 *   <li>punctuation: {@code  ?[\p{P}\p{S}]+[\r\n]*}
 *   <li>white space: {@code \s*[\r\n]+|\s+(?!\S)|\s+}
 * </ol>
 *
 * Other characters, such as numbers, are what lies between.
 *
 * @param lineEndsApart line ends are single pieces: {@code  ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+} are the last alternatives
 */
record PunctuatedWordRule(boolean lineEndsApart) implements Splitter.Match {
    @Override
    public int end(byte[] text, int from, int to) {
        int first = at(text, from);
        int second = from + length(first);
        int next = second < to ? at(text, second) : 0;
        if ((first & ASCII_PUNCTUATION) != 0 && (next & ASCII_LETTER) != 0) {
            return WordRule.run(text, second, to, ASCII_LETTER);
        }
        if ((first & (NEWLINE | LETTER | PUNCTUATION | SYMBOL)) == 0 && (next & (LETTER | MARK)) != 0) {
            return WordRule.run(text, second, to, LETTER | MARK);
        }
        if ((first & (LETTER | MARK)) != 0) {
            return WordRule.run(text, second, to, LETTER | MARK);
        }
        if ((first & (PUNCTUATION | SYMBOL)) != 0) {
            return punctuation(text, second, to);
        }
        if (text[from] == ' ' && (next & (PUNCTUATION | SYMBOL)) != 0) {
            return punctuation(text, second, to);
        }
        if ((first & SPACE) == 0) {
            return from;
        }
        if (!lineEndsApart) {
            return WordRule.whiteSpace(text, from, to);
        }
        return (first & NEWLINE) != 0 ? second : Gpt2Rule.whiteSpace(text, from, to);
    }

    private int punctuation(byte[] text, int from, int to) {
        int end = WordRule.run(text, from, to, PUNCTUATION | SYMBOL);
        return lineEndsApart ? end : WordRule.tail(text, end, to, WordRule.Tail.LINE_ENDS);
    }
}

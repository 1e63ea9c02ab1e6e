package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.LETTER;
import static moka.tokenizer.CharacterClasses.MARK;
import static moka.tokenizer.CharacterClasses.NEWLINE;
import static moka.tokenizer.CharacterClasses.NUMBER;
import static moka.tokenizer.CharacterClasses.at;
import static moka.tokenizer.CharacterClasses.length;

/**
 * EXAONE's rule for models of experts: as {@link WordRule}, but words that single spaces join are one piece:
 * {@code [^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+}.
 */
final class ExaoneRule implements Splitter.Rule {
    private static final WordRule OTHERS = 
            new WordRule(WordRule.Contractions.IGNORING_CASE, LETTER, 1, WordRule.Tail.ONE_LINE_END_OR_SLASH);

    @Override
    public int end(byte[] text, int from, int to) {
        int first = at(text, from);
        int second = from + length(first);
        if ((first & LETTER) != 0) {
            return words(text, second, to);
        }
        boolean contraction = text[from] == '\'' && WordRule.contraction(text, from, to, OTHERS.contractions()) > from;
        if (!contraction && (first & (NEWLINE | NUMBER)) == 0 && second < to) {
            int next = at(text, second);
            if ((next & LETTER) != 0) {
                return words(text, second + length(next), to);
            }
        }
        return OTHERS.end(text, from, to);
    }

    /** End of the words of which the first letter ends at {@code from}. */
    private static int words(byte[] text, int from, int to) {
        int end = from;
        while (end < to) {
            int c = at(text, end);
            if ((c & (LETTER | MARK)) != 0) {
                end += length(c);
                continue;
            }
            int next = text[end] == ' ' && end + 1 < to ? at(text, end + 1) : 0;
            if ((next & LETTER) == 0) {
                break;
            }
            end += 1 + length(next);
        }
        return end;
    }
}

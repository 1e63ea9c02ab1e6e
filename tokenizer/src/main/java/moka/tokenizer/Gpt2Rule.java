package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.LETTER;
import static moka.tokenizer.CharacterClasses.NUMBER;
import static moka.tokenizer.CharacterClasses.SPACE;
import static moka.tokenizer.CharacterClasses.at;
import static moka.tokenizer.CharacterClasses.length;

/** GPT-2's rule: {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}. */
final class Gpt2Rule implements Splitter.Rule {
    @Override
    public int end(byte[] text, int from, int to) {
        if (text[from] == '\'') {
            int end = contraction(text, from, to);
            if (end > from) {
                return end;
            }
        }
        int first = at(text, from);
        int second = from + length(first);
        if (text[from] == ' ' && second < to) {
            int next = at(text, second);
            if ((next & SPACE) == 0) {
                first = next;
                second += length(next);
            }
        }
        if ((first & LETTER) != 0) {
            return WordRule.run(text, second, to, LETTER);
        }
        if ((first & NUMBER) != 0) {
            return WordRule.run(text, second, to, NUMBER);
        }
        if ((first & SPACE) == 0) {
            return WordRule.withoutClasses(text, second, to, LETTER | NUMBER | SPACE);
        }
        return whiteSpace(text, from, to);
    }

    /** Only small letters, unlike {@link WordRule#contraction}. */
    private static int contraction(byte[] text, int from, int to) {
        int a = from + 1 < to ? text[from + 1] : 0;
        int b = from + 2 < to ? text[from + 2] : 0;
        return switch (a) {
            case 's', 't', 'm', 'd' -> from + 2;
            case 'r', 'v' -> b == 'e' ? from + 3 : from;
            case 'l' -> b == 'l' ? from + 3 : from;
            default -> from;
        };
    }

    /** {@code \s+(?!\S)|\s+}: all white space, but for the last character where text follows. */
    static int whiteSpace(byte[] text, int from, int to) {
        int end = from;
        int last = from;
        while (end < to) {
            int c = at(text, end);
            if ((c & SPACE) == 0) {
                break;
            }
            last = end;
            end += length(c);
        }
        return end == to || last == from ? end : last;
    }
}

package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.at;
import static moka.tokenizer.CharacterClasses.length;

import java.util.function.IntPredicate;

/** First passes of rules that cut runs of certain characters out of the text; what lies between them is a piece too. */
final class Runs {
    private Runs() {}

    /** Runs of characters that have one of the classes, cut every {@code limit} characters. */
    static Splitter.Rule ofClasses(int classes, int limit) {
        return (text, from, to) -> {
            int end = from;
            int first = at(text, from);
            if ((first & classes) == 0) {
                return WordRule.withoutClasses(text, from + length(first), to, classes);
            }
            for (int count = 0; count < limit && end < to; count++) {
                int c = at(text, end);
                if ((c & classes) == 0) {
                    break;
                }
                end += length(c);
            }
            return end;
        };
    }

    /** Runs of the code points that the predicate accepts, cut every {@code limit} characters. */
    static Splitter.Rule of(IntPredicate codePoints, int limit) {
        return (text, from, to) -> {
            boolean inside = codePoints.test(Utf8.codePoint(text, from));
            int end = from;
            for (int count = 0; end < to && (!inside || count < limit); count++) {
                if (codePoints.test(Utf8.codePoint(text, end)) != inside) {
                    break;
                }
                end += Utf8.length(text[end]);
            }
            return end;
        };
    }

    /** {@code [0-9][0-9][0-9]}: three at a time; one or two digits that are left belong to what follows them. */
    static int threeDigits(byte[] text, int from, int to) {
        if (areThreeDigits(text, from, to)) {
            return from + 3;
        }
        int end = from;
        while (end < to && !areThreeDigits(text, end, to)) {
            end += Utf8.length(text[end]);
        }
        return end;
    }

    private static boolean areThreeDigits(byte[] text, int from, int to) {
        return from + 3 <= to && isDigit(text[from]) && isDigit(text[from + 1]) && isDigit(text[from + 2]);
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }
}

package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.SPACE;
import static moka.tokenizer.CharacterClasses.at;
import static moka.tokenizer.CharacterClasses.length;

import java.util.function.IntPredicate;

/** Passes of rules that cut runs of certain characters out of the text; what lies between them is a piece too. */
final class Runs {
    private Runs() {}

    /** Runs of characters that have one of the classes, cut every {@code limit} characters: {@code [classes]{1,limit}}. */
    static Splitter ofClasses(int classes, int limit) {
        return Splitter.of((text, from, to) -> {
            int first = at(text, from);
            int end = from + length(first);
            if ((first & classes) == 0) {
                return WordRule.withoutClasses(text, end, to, classes);
            }
            for (int count = 1; count < limit && end < to; count++) {
                int c = at(text, end);
                if ((c & classes) == 0) {
                    break;
                }
                end += length(c);
            }
            return end;
        });
    }

    /** Runs of the code points that the predicate accepts: {@code [codePoints]+}. */
    static Splitter of(IntPredicate codePoints) {
        return Splitter.of((text, from, to) -> {
            boolean inside = codePoints.test(Utf8.codePoint(text, from));
            int end = from + Utf8.length(text[from]);
            while (end < to && codePoints.test(Utf8.codePoint(text, end)) == inside) {
                end += Utf8.length(text[end]);
            }
            return end;
        });
    }

    /** Single code points that the predicate accepts: {@code [codePoints]}. */
    static Splitter ofSingle(IntPredicate codePoints) {
        return Splitter.ofMatches((text, from, to) ->
                codePoints.test(Utf8.codePoint(text, from)) ? from + Utf8.length(text[from]) : from);
    }

    /** Runs with a white space character before them: {@code \s?[codePoints]+}. */
    static Splitter afterOptionalSpace(IntPredicate codePoints) {
        return Splitter.ofMatches((text, from, to) -> {
            int first = at(text, from);
            int second = from + length(first);
            if ((first & SPACE) != 0 && second < to) {
                int end = run(text, second, to, codePoints);
                if (end > second) {
                    return end;
                }
            }
            return run(text, from, to, codePoints);
        });
    }

    /** End of the code points from {@code from} on that the predicate accepts. */
    static int run(byte[] text, int from, int to, IntPredicate codePoints) {
        int end = from;
        while (end < to && codePoints.test(Utf8.codePoint(text, end))) {
            end += Utf8.length(text[end]);
        }
        return end;
    }

    /** White space at the end of the range: {@code \s+$}. */
    static void spaceAtEnd(byte[] text, int from, int to, Splitter.Sink sink) {
        int end = to;
        while (end > from) {
            int last = end - 1;
            while (last > from && (text[last] & 0xC0) == 0x80) {
                last--;
            }
            if ((at(text, last) & SPACE) == 0) {
                break;
            }
            end = last;
        }
        if (from < end) {
            sink.piece(text, from, end);
        }
        if (end < to) {
            sink.piece(text, end, to);
        }
    }

    /** {@code [0-9][0-9][0-9]}. */
    static int threeDigits(byte[] text, int from, int to) {
        return from + 3 <= to && isDigit(text[from]) && isDigit(text[from + 1]) && isDigit(text[from + 2]) ? from + 3 : from;
    }

    static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }
}

package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.LETTER;
import static moka.tokenizer.CharacterClasses.MARK;
import static moka.tokenizer.CharacterClasses.NEWLINE;
import static moka.tokenizer.CharacterClasses.NUMBER;
import static moka.tokenizer.CharacterClasses.SPACE;
import static moka.tokenizer.CharacterClasses.at;
import static moka.tokenizer.CharacterClasses.length;

/**
 * The family of rules that began with GPT-4's, as alternatives tried in this order:
 *
 * <ol>
 *   <li>a contraction: {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)}
 *   <li>a word, with one other character before it: {@code [^\r\n\p{L}\p{N}]?\p{L}+}
 *   <li>a number: {@code \p{N}{1,3}}
 *   <li>other characters, with a space before and line ends after them: {@code  ?[^\s\p{L}\p{N}]+[\r\n]*}
 *   <li>white space up to its last line end: {@code \s*[\r\n]+}
 *   <li>white space, but for the last character where text follows: {@code \s+(?!\S)|\s+}
 * </ol>
 *
 * @param contractions the first alternative
 * @param word classes of the letters of a word: LETTER, or with MARK
 * @param digitLimit longest number, in characters
 * @param tail what may follow other characters
 */
record WordRule(Contractions contractions, int word, int digitLimit, Tail tail) implements Splitter.Rule {
    /** Which contractions are pieces. */
    enum Contractions {
        NONE,
        /** With small and capital letters: {@code '[sS]|'[tT]|'[rR][eE]|…}. */
        LETTERS,
        /** {@code (?i:'s|'t|'re|…)}: so also with U+017F, the long s. */
        IGNORING_CASE
    }

    /** What joins the end of a run of other characters. */
    enum Tail {
        NONE,
        /** {@code [\r\n]*}. */
        LINE_ENDS,
        /** {@code [\r\n/]*}. */
        LINE_ENDS_AND_SLASHES,
        /** {@code [\r\n/]?}. */
        ONE_LINE_END_OR_SLASH
    }

    static final WordRule LLAMA3 = new WordRule(Contractions.IGNORING_CASE, LETTER, 3, Tail.LINE_ENDS);
    static final WordRule QWEN2 = new WordRule(Contractions.IGNORING_CASE, LETTER, 1, Tail.LINE_ENDS);
    static final WordRule LAGUNA = new WordRule(Contractions.LETTERS, LETTER, 1, Tail.LINE_ENDS);
    static final WordRule QWEN35 = new WordRule(Contractions.IGNORING_CASE, LETTER | MARK, 1, Tail.LINE_ENDS);
    static final WordRule SEED_CODER = new WordRule(Contractions.IGNORING_CASE, LETTER, 1, Tail.NONE);
    static final WordRule MINICPM5 = new WordRule(Contractions.IGNORING_CASE, LETTER, Integer.MAX_VALUE, Tail.LINE_ENDS);
    static final WordRule UFAKZEKA = new WordRule(Contractions.NONE, LETTER, 1, Tail.LINE_ENDS);

    @Override
    public int end(byte[] text, int from, int to) {
        int first = at(text, from);
        int second = from + length(first);
        if ((first & word) != 0) {
            return run(text, second, to, word);
        }
        if ((first & NUMBER) != 0) {
            return number(text, second, to, digitLimit);
        }
        if (text[from] == '\'' && contractions != Contractions.NONE) {
            int end = contraction(text, from, to, contractions);
            if (end > from) {
                return end;
            }
        }
        if ((first & NEWLINE) == 0 && second < to) {
            int next = at(text, second);
            if ((next & word) != 0) {
                return run(text, second + length(next), to, word);
            }
            if (text[from] == ' ' && (next & (word | NUMBER | SPACE)) == 0) {
                return other(text, second + length(next), to);
            }
        }
        return (first & SPACE) == 0 ? other(text, second, to) : whiteSpace(text, from, to);
    }

    private int other(byte[] text, int from, int to) {
        return tail(text, withoutClasses(text, from, to, word | NUMBER | SPACE), to, tail);
    }

    /** End of the characters from {@code from} on that have one of the classes. */
    static int run(byte[] text, int from, int to, int classes) {
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

    /** End of the characters from {@code from} on that have none of the classes. */
    static int withoutClasses(byte[] text, int from, int to, int classes) {
        int end = from;
        while (end < to) {
            int c = at(text, end);
            if ((c & classes) != 0) {
                break;
            }
            end += length(c);
        }
        return end;
    }

    /** End of a number of at most {@code limit} characters, of which the first ends at {@code from}. */
    static int number(byte[] text, int from, int to, int limit) {
        int end = from;
        for (int count = 1; count < limit && end < to; count++) {
            int c = at(text, end);
            if ((c & NUMBER) == 0) {
                break;
            }
            end += length(c);
        }
        return end;
    }

    /** End of a contraction at an apostrophe, or {@code from} if it is none. */
    static int contraction(byte[] text, int from, int to, Contractions contractions) {
        if (from + 1 >= to) {
            return from;
        }
        int a = text[from + 1] | 0x20;
        switch (a) {
            case 's', 't', 'm', 'd' -> {
                return from + 2;
            }
            case 'r', 'v' -> {
                return from + 2 < to && (text[from + 2] | 0x20) == 'e' ? from + 3 : from;
            }
            case 'l' -> {
                return from + 2 < to && (text[from + 2] | 0x20) == 'l' ? from + 3 : from;
            }
            default -> {
                boolean longS = text[from + 1] == (byte) 0xC5 && from + 2 < to && text[from + 2] == (byte) 0xBF;
                return longS && contractions == Contractions.IGNORING_CASE ? from + 3 : from;
            }
        }
    }

    /** End of what may follow other characters that end at {@code from}. */
    static int tail(byte[] text, int from, int to, Tail tail) {
        int end = from;
        switch (tail) {
            case NONE -> {}
            case LINE_ENDS -> {
                while (end < to && (text[end] == '\n' || text[end] == '\r')) {
                    end++;
                }
            }
            case LINE_ENDS_AND_SLASHES -> {
                while (end < to && (text[end] == '\n' || text[end] == '\r' || text[end] == '/')) {
                    end++;
                }
            }
            case ONE_LINE_END_OR_SLASH -> {
                if (end < to && (text[end] == '\n' || text[end] == '\r' || text[end] == '/')) {
                    end++;
                }
            }
        }
        return end;
    }

    /** {@code \s*[\r\n]+|\s+(?!\S)|\s+}. */
    static int whiteSpace(byte[] text, int from, int to) {
        int end = from;
        int last = from;
        int afterLineEnd = from;
        while (end < to) {
            int c = at(text, end);
            if ((c & SPACE) == 0) {
                break;
            }
            last = end;
            end += length(c);
            if ((c & NEWLINE) != 0) {
                afterLineEnd = end;
            }
        }
        if (afterLineEnd > from) {
            return afterLineEnd;
        }
        return end == to || last == from ? end : last;
    }
}

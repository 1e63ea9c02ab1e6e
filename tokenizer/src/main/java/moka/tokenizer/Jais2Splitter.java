package moka.tokenizer;

import static moka.tokenizer.CharacterClasses.NEWLINE;
import static moka.tokenizer.CharacterClasses.SPACE;
import static moka.tokenizer.CharacterClasses.at;
import static moka.tokenizer.CharacterClasses.length;

/**
 * Jais 2's rule: as Llama 3's, but white space without line ends is cut into pieces of 512, 256, … 4 characters, then of two or one, each
 * as long as one character is left for the text that follows:
 * {@code \s{512}(?!\S)|\s{256}(?!\S)|…|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}}.
 */
final class Jais2Splitter implements Splitter {
    private static final int LONGEST = 512;

    @Override
    public void split(byte[] text, int from, int to, Sink sink) {
        int at = from;
        while (at < to) {
            int end = (at(text, at) & SPACE) == 0 ? at : spaces(text, at, to, sink);
            if (end == at) {
                end = WordRule.LLAMA3.end(text, at, to);
                sink.piece(text, at, end);
            }
            at = end;
        }
    }

    /** Gives the pieces of white space; what begins at the result, which may be all of it, is for the other alternatives. */
    private static int spaces(byte[] text, int from, int to, Sink sink) {
        int count = 0;
        int end = from;
        while (end < to) {
            int c = at(text, end);
            if ((c & SPACE) == 0) {
                break;
            }
            if ((c & NEWLINE) != 0) {
                return from;
            }
            end += length(c);
            count++;
        }
        int toCut = end == to ? count : count - 1;
        int at = from;
        while (toCut > 0) {
            int size = LONGEST;
            while (size > toCut) {
                size /= 2;
            }
            int start = at;
            for (int i = 0; i < size; i++) {
                at += Utf8.length(text[at]);
            }
            sink.piece(text, start, at);
            toCut -= size;
        }
        return at;
    }
}

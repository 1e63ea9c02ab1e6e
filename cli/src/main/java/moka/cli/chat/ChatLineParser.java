package moka.cli.chat;

import java.util.Arrays;
import java.util.List;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/** Tells the line editor where a message ends and what the words of a command are. */
final class ChatLineParser implements Parser {
    /** All that stands behind them is one path, with the spaces in it. */
    private static final List<String> TAKE_PATHS = List.of("/file ", "/read ", "/load ", "/save ");

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
        if (context == ParseContext.ACCEPT_LINE && MultiLine.isOpen(line)) {
            throw new EOFError(-1, cursor, "the message goes on");
        }
        String before = line.substring(0, Math.min(cursor, line.length()));
        boolean path = TAKE_PATHS.stream().anyMatch(before::startsWith);
        List<String> words = Arrays.asList(before.split(" ", path ? 2 : -1));
        return new Words(line, cursor, words);
    }

    /** Words up to the cursor: completion looks at nothing behind it. */
    private record Words(String line, int cursor, List<String> words) implements CompletingParsedLine {
        @Override
        public String word() {
            return words.getLast();
        }

        @Override
        public int wordCursor() {
            return word().length();
        }

        @Override
        public int wordIndex() {
            return words.size() - 1;
        }

        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            return candidate;
        }

        @Override
        public int rawWordCursor() {
            return wordCursor();
        }

        @Override
        public int rawWordLength() {
            return word().length();
        }
    }
}

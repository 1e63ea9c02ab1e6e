package moka.cli.render;

/**
 * Breaks lines between words while text streams, for a terminal of so many columns. The word that is not complete is held back, since it
 * may not fit; nothing that was shown is taken back. Escape sequences have no width. A word that is longer than a line is left to the
 * terminal. Not thread-safe.
 */
public final class WordWrap {
    private static final char ESCAPE = '\033';

    private final int columns;
    private final StringBuilder out = new StringBuilder();
    private final StringBuilder word = new StringBuilder();
    private int column;
    private int spaces;
    private int wordColumns;
    private boolean inEscape;

    /** @param columns width of the terminal; 0 passes everything through */
    public WordWrap(int columns) {
        this.columns = columns;
    }

    /** A whole text, wrapped. */
    public static String wrap(String text, int columns) {
        WordWrap wrap = new WordWrap(columns);
        return wrap.accept(text) + wrap.finish();
    }

    /** Takes a piece of the text. @return what can be shown now */
    public String accept(String piece) {
        if (columns == 0) {
            return piece;
        }
        piece.codePoints().forEach(this::character);
        return take();
    }

    /** The word that was held back. */
    public String finish() {
        endWord();
        out.append(" ".repeat(spaces));
        spaces = 0;
        return take();
    }

    private String take() {
        String text = out.toString();
        out.setLength(0);
        return text;
    }

    private void character(int c) {
        if (inEscape || c == ESCAPE) {
            word.append((char) c);
            inEscape = c == ESCAPE || !Character.isLetter(c);
        } else if (c == '\n') {
            endWord();
            out.append('\n');
            column = 0;
            spaces = 0;
        } else if (c == ' ') {
            endWord();
            spaces++;
        } else {
            int width = c == '\t' ? 8 : TextWidth.of(c);
            if (width == 2) {
                endWord(); // between wide characters a line may break
            }
            word.appendCodePoint(c);
            wordColumns += width;
        }
    }

    private void endWord() {
        if (word.isEmpty()) {
            return;
        }
        boolean fits = column + spaces + wordColumns <= columns || wordColumns == 0;
        if (!fits && column > 0) {
            out.append('\n');
            column = 0;
        } else {
            out.append(" ".repeat(spaces));
            column += spaces;
        }
        spaces = 0;
        out.append(word);
        column = (column + wordColumns) % Math.max(columns + 1, 1);
        word.setLength(0);
        wordColumns = 0;
    }
}

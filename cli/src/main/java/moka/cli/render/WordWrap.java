package moka.cli.render;

/**
 * Breaks lines between words while text streams, for a terminal of so many columns. The word that is not complete is held back, since it
 * may not fit; nothing that was shown is taken back. Escape sequences have no width. A word that is longer than a line is left to the
 * terminal, and so are the lines of fenced code: what is copied from there is what was written. Not thread-safe.
 */
public final class WordWrap {
    private static final char ESCAPE = '\033';
    private static final int JOINER = 0x200d; // of emoji that are shown as one
    private static final int TAB_COLUMNS = 8;
    private static final int FENCE_TICKS = 3;
    /** What does not begin a line where there are no spaces between words. */
    private static final String CLOSING = "、。，．：；？！）」』】〕〉》”’";

    private int columns;
    private final StringBuilder out = new StringBuilder();
    private final StringBuilder word = new StringBuilder();
    private int column;
    private int spaces;
    private int wordColumns;
    private int previous = '\n';
    private boolean inEscape;
    /** Whether the word is longer than a line: the rest of it is not held back. */
    private boolean overlong;

    private boolean atLineStart = true;
    private boolean inFence;
    private boolean fenceOpensHere;
    private int ticks;

    /** @param columns width of the terminal; 0 passes everything through */
    public WordWrap(int columns) {
        this.columns = columns;
    }

    /** A whole text, wrapped. */
    public static String wrap(String text, int columns) {
        WordWrap wrap = new WordWrap(columns);
        return wrap.accept(text) + wrap.finish();
    }

    /** The terminal has another width now: what is shown is where the terminal has put it. */
    public void resize(int newColumns) {
        if (columns > 0 && newColumns > 0 && newColumns != columns) {
            columns = newColumns;
            column = wrapped(column);
        }
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
            return;
        }
        watchFence(c);
        if (c == '\n') {
            endWord();
            out.append('\n');
            column = 0;
            spaces = 0;
            overlong = false;
        } else if (inFence) {
            endWord();
            out.appendCodePoint(c);
            column = wrapped(column + TextWidth.of(c));
        } else if (c == ' ') {
            endWord();
            spaces++;
            overlong = false;
        } else if (c == '\t') {
            tab();
        } else {
            letter(c, TextWidth.of(c));
        }
        previous = c;
    }

    private void letter(int c, int width) {
        if (width > 0 && mayBreakBefore(c, width)) {
            endWord();
            overlong = false;
        }
        word.appendCodePoint(c);
        wordColumns += width;
        if (overlong || wordColumns > columns) {
            endWord();
            overlong = true;
        }
    }

    private void tab() {
        endWord();
        overlong = false;
        out.append(" ".repeat(spaces)).append('\t');
        column = Math.min((wrapped(column + spaces) / TAB_COLUMNS + 1) * TAB_COLUMNS, columns - 1);
        spaces = 0;
    }

    /** Between wide characters, and in scripts that put no spaces between words: Thai, Lao, Burmese, Khmer. */
    private boolean mayBreakBefore(int c, int width) {
        boolean withoutSpaces = width == 2 || (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) || (c >= 0x1780 && c <= 0x17ff);
        boolean skinTone = c >= 0x1f3fb && c <= 0x1f3ff;
        return withoutSpaces && previous != JOINER && !skinTone && CLOSING.indexOf(c) < 0;
    }

    private void endWord() {
        if (word.isEmpty()) {
            return;
        }
        boolean fits = overlong || wordColumns == 0 || column + spaces + wordColumns <= columns;
        if (!fits && column > 0) {
            out.append('\n');
            column = 0;
        } else {
            out.append(" ".repeat(spaces));
            column += spaces;
        }
        spaces = 0;
        out.append(word);
        column = wrapped(column + wordColumns);
        word.setLength(0);
        wordColumns = 0;
    }

    /** Where the terminal's cursor is after so many columns of a line: it goes to the next row only with the next character. */
    private int wrapped(int position) {
        return position == 0 ? 0 : (position - 1) % columns + 1;
    }

    /** A line that begins with three backticks opens or ends a block of code; one with more of them behind it is code within a line. */
    private void watchFence(int c) {
        if (c == '\n') {
            atLineStart = true;
            fenceOpensHere = false;
            ticks = 0;
        } else if (atLineStart && c == '`') {
            if (++ticks == FENCE_TICKS) {
                endWord();
                fenceOpensHere = !inFence;
                inFence = !inFence;
                atLineStart = false;
            }
        } else if (fenceOpensHere && c == '`' && previous != '`') {
            inFence = false;
            fenceOpensHere = false;
        } else if (c != ' ' || ticks > 0) {
            atLineStart = false;
        }
    }
}

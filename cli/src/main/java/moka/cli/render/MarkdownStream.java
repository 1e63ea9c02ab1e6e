package moka.cli.render;

/**
 * Colours Markdown while it streams. Every character is shown as it is, marks included, and only styles are put around: so nothing that was
 * shown ever has to be taken back, and what looks like Markdown and is not loses nothing. At most the mark at the beginning of a line and a
 * run of asterisks or backticks is held back, until the next character tells what it is. Styles end with their line. Not thread-safe.
 */
public final class MarkdownStream {
    private enum Line {
        START,
        TEXT,
        STYLED
    }

    private static final String FENCE = "```";
    private static final int LONGEST_INDENT = 12;

    private final boolean colour;
    private final StringBuilder out = new StringBuilder();
    private final StringBuilder held = new StringBuilder();
    private Line line = Line.START;
    private boolean inFence;
    private boolean code;
    private boolean bold;
    private boolean italic;
    private int codeTicks;
    private char runMark;
    private int runLength;
    private char previous = '\n';

    /** @param colour false passes everything through as it is */
    public MarkdownStream(boolean colour) {
        this.colour = colour;
    }

    /** Takes a piece of the text. @return what can be shown now */
    public String accept(String piece) {
        if (!colour) {
            return piece;
        }
        for (int i = 0; i < piece.length(); i++) {
            character(piece.charAt(i));
        }
        return take();
    }

    /** What was held back, and the end of all styles. */
    public String finish() {
        if (colour) {
            endLine();
            line = Line.START;
            inFence = false;
        }
        return take();
    }

    private String take() {
        String text = out.toString();
        out.setLength(0);
        return text;
    }

    private void character(char c) {
        if (c == '\n') {
            endLine();
            out.append('\n');
            line = Line.START;
            previous = '\n';
            return;
        }
        switch (line) {
            case START -> {
                held.append(c);
                beginLine();
            }
            case TEXT -> inline(c);
            case STYLED -> out.append(c);
        }
    }

    private void endLine() {
        if (line == Line.START && !held.isEmpty()) {
            asText();
        }
        resolveRun('\n');
        if (line == Line.STYLED || code || bold || italic) {
            out.append(Ansi.RESET);
        }
        code = false;
        bold = false;
        italic = false;
    }

    /** Looks whether the held beginning of the line tells what the line is. */
    private void beginLine() {
        String start = held.toString().stripLeading();
        if (start.isEmpty()) {
            if (held.length() > LONGEST_INDENT) {
                asText();
            }
        } else if (inFence) {
            if (start.equals(FENCE)) {
                styled(Ansi.DIM);
                inFence = false;
            } else if (!FENCE.startsWith(start)) {
                styled(Ansi.CYAN);
            }
        } else if (start.charAt(0) == '`') {
            if (start.equals(FENCE)) {
                styled(Ansi.DIM);
                inFence = true;
            } else if (!FENCE.startsWith(start)) {
                asText();
            }
        } else if (start.matches("#{1,6} ")) {
            styled(Ansi.BOLD);
        } else if (start.matches("> ?")) {
            if (start.length() == 2) {
                styled(Ansi.DIM);
            }
        } else if (start.matches("([-*+]|\\d{1,3}[.)]) ")) {
            out.append(Ansi.YELLOW).append(held).append(Ansi.RESET);
            held.setLength(0);
            line = Line.TEXT;
            previous = ' ';
        } else if (!start.matches("#{1,6}|[-*+]|\\d{1,3}[.)]?")) {
            asText();
        }
    }

    private void styled(String style) {
        out.append(style).append(held);
        held.setLength(0);
        line = Line.STYLED;
    }

    private void asText() {
        line = inFence ? Line.STYLED : Line.TEXT;
        String text = held.toString();
        held.setLength(0);
        if (inFence) {
            out.append(Ansi.CYAN).append(text);
        } else {
            text.chars().forEach(c -> inline((char) c));
        }
    }

    private void inline(char c) {
        if (runLength > 0 && c == runMark) {
            runLength++;
            return;
        }
        resolveRun(c);
        if (c == '`' || (c == '*' && !code)) {
            runMark = c;
            runLength = 1;
            return;
        }
        out.append(c);
        previous = c;
    }

    /** A run of marks has ended: does it open, close, or mean itself. */
    private void resolveRun(char next) {
        if (runLength == 0) {
            return;
        }
        String marks = String.valueOf(runMark).repeat(runLength);
        boolean canOpen = !Character.isWhitespace(next) && !Character.isLetterOrDigit(previous);
        boolean canClose = !Character.isWhitespace(previous);
        if (runMark == '`') {
            if (!code) {
                code = true;
                codeTicks = runLength;
                out.append(styles()).append(marks);
            } else {
                code = runLength != codeTicks;
                out.append(marks).append(code ? "" : styles());
            }
        } else if (runLength <= 3) {
            boolean closes = canClose && (runLength == 1 ? italic : bold);
            boolean opens = !closes && canOpen;
            if (runLength != 1) {
                bold = opens || (bold && !closes);
            }
            if (runLength != 2) {
                italic = opens || (italic && !closes);
            }
            out.append(opens ? styles() : "").append(marks).append(closes ? styles() : "");
        } else {
            out.append(marks);
        }
        previous = runMark;
        runLength = 0;
    }

    private String styles() {
        return Ansi.RESET + (bold ? Ansi.BOLD : "") + (italic ? Ansi.ITALIC : "") + (code ? Ansi.CYAN : "");
    }
}

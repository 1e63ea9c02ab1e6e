package moka.cli.render;

/** Text from files, made safe for a terminal: control characters are shown as escapes and not obeyed. */
public final class Printable {
    private Printable() {}

    /** One line: line breaks and control characters as {@code \n} or {@code \\u001b}. */
    public static String line(CharSequence text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                case '\\' -> line.append("\\\\");
                default -> {
                    if (Character.isISOControl(c) || isInvisible(c)) {
                        line.append(String.format("\\u%04x", c));
                    } else {
                        line.appendCodePoint(c);
                    }
                }
            }
        });
        return line.toString();
    }

    /** At most so many columns of {@link #line}, with an ellipsis where more follows. */
    public static String line(CharSequence text, int columns) {
        String line = line(text);
        if (TextWidth.of(line) <= columns) {
            return line;
        }
        return TextWidth.cut(line, columns - 1) + "…";
    }

    /** Text of several lines for a terminal: line breaks and tabs are kept, other control characters are shown as escapes. */
    public static String text(String text) {
        if (text.codePoints().noneMatch(c -> c != '\n' && c != '\t' && (Character.isISOControl(c) || isInvisible(c)))) {
            return text;
        }
        StringBuilder shown = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            if (c == '\n' || c == '\t') {
                shown.append((char) c);
            } else if (Character.isISOControl(c) || isInvisible(c)) {
                shown.append(String.format("\\u%04x", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    // Marks that reorder or hide what follows.
    private static boolean isInvisible(int c) {
        return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
    }
}

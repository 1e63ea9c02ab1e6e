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
        int width = 0;
        int end = 0;
        while (end < line.length()) {
            int c = line.codePointAt(end);
            if (width + TextWidth.of(c) > columns - 1) {
                break;
            }
            width += TextWidth.of(c);
            end += Character.charCount(c);
        }
        return line.substring(0, end) + "…";
    }

    // Marks that reorder or hide what follows.
    private static boolean isInvisible(int c) {
        return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
    }
}

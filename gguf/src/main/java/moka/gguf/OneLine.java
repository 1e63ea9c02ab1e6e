package moka.gguf;

import java.util.Locale;

/**
 * How messages show what files hold: names in a file may be anything, and a line that quotes one must stay one line, and must not be obeyed by
 * the terminal that shows it.
 */
public final class OneLine {
    private OneLine() {}

    /** The text with control characters, line separators and marks that hide or reorder text as escapes such as {@code \}{@code u001b}. */
    public static String of(CharSequence text) {
        var line = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029 || Character.getType(c) == Character.FORMAT) {
                line.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                line.appendCodePoint(c);
            }
        });
        return line.toString();
    }

    /** What {@link #of} begins with, where it is longer. */
    public static String of(String text, int longest) {
        String line = of(text.length() <= longest ? text : text.substring(0, longest));
        boolean whole = text.length() <= longest && line.length() <= longest;
        return whole ? line : line.substring(0, Math.min(longest, line.length())) + "…";
    }
}

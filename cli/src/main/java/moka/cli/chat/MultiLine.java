package moka.cli.chat;

/** Messages of several lines: between {@code """} and {@code """}, or with a backslash at the end of each line but the last. */
final class MultiLine {
    private static final String QUOTES = "\"\"\"";

    private MultiLine() {}

    /** Whether more lines must follow. */
    static boolean isOpen(CharSequence text) {
        String line = text.toString();
        if (line.stripLeading().startsWith(QUOTES)) {
            String rest = line.stripLeading().substring(QUOTES.length());
            return !rest.stripTrailing().endsWith(QUOTES);
        }
        return line.endsWith("\\");
    }

    /** The message without its quotes or backslashes. */
    static String unwrap(String text) {
        String stripped = text.strip();
        if (stripped.length() >= 2 * QUOTES.length() && stripped.startsWith(QUOTES) && stripped.endsWith(QUOTES)) {
            return stripped.substring(QUOTES.length(), stripped.length() - QUOTES.length()).strip();
        }
        return text.replace("\\\n", "\n");
    }
}

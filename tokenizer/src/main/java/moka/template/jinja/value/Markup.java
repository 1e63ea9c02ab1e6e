package moka.template.jinja.value;

import org.jspecify.annotations.Nullable;

/** Escaping for HTML, which no chat wants but some templates ask for through {@code safe} and {@code escape}. */
public final class Markup {
    private static final int LONGEST_REFERENCE = 12;

    private Markup() {}

    /** The text with {@code & < > ' "} as character references; Markup stays as it is. */
    public static Text escape(Text text, Run run) {
        if (text.isMarkup()) {
            return text;
        }
        String chars = text.chars();
        var out = new TextBuilder(run);
        int plain = 0;
        for (int i = 0; i < chars.length(); i++) {
            String reference = reference(chars.charAt(i));
            if (reference != null) {
                out.append(text, plain, i).append(text.part(i, i + 1).derived(reference));
                plain = i + 1;
            }
        }
        return plain == 0 ? text.asMarkup() : out.append(text, plain, chars.length()).toText().asMarkup();
    }

    private static @Nullable String reference(char one) {
        return switch (one) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '\'' -> "&#39;";
            case '"' -> "&#34;";
            default -> null;
        };
    }

    /** Text without comments and tags, its blanks made single, its character references resolved. */
    public static Text stripTags(Text text, Run run) {
        run.charge(text.chars().length());
        var out = new StringBuilder();
        String chars = removeBetween(removeBetween(text.chars(), "<!--", "-->"), "<", ">");
        boolean blank = false;
        for (int i = 0; i < chars.length(); i++) {
            char one = chars.charAt(i);
            if (PythonPrinting.isSpace(one)) {
                blank = true;
            } else {
                if (blank && !out.isEmpty()) {
                    out.append(' ');
                }
                blank = false;
                out.append(one);
            }
        }
        return text.derived(unescape(out.toString())).asPlain();
    }

    private static String removeBetween(String chars, String open, String close) {
        var out = new StringBuilder();
        int from = 0;
        while (true) {
            int begin = chars.indexOf(open, from);
            int end = begin < 0 ? -1 : chars.indexOf(close, begin);
            if (end < 0) {
                return out.append(chars, from, chars.length()).toString();
            }
            out.append(chars, from, begin);
            from = end + close.length();
        }
    }

    /** Resolves the named references of XML and numeric ones. */
    public static String unescape(String chars) {
        var out = new StringBuilder();
        for (int i = 0; i < chars.length(); i++) {
            int end = chars.charAt(i) == '&' ? chars.indexOf(';', i, Math.min(i + LONGEST_REFERENCE, chars.length())) : -1;
            String resolved = end < 0 ? null : resolve(chars.substring(i + 1, end));
            if (resolved == null) {
                out.append(chars.charAt(i));
            } else {
                out.append(resolved);
                i = end;
            }
        }
        return out.toString();
    }

    private static @Nullable String resolve(String name) {
        if (name.startsWith("#")) {
            try {
                boolean hex = name.startsWith("#x") || name.startsWith("#X");
                int point = Integer.parseInt(name.substring(hex ? 2 : 1), hex ? 16 : 10);
                return Character.isValidCodePoint(point) && point > 0 ? Character.toString(point) : "\ufffd";
            } catch (NumberFormatException none) {
                return null;
            }
        }
        return switch (name) {
            case "amp" -> "&";
            case "lt" -> "<";
            case "gt" -> ">";
            case "quot" -> "\"";
            case "apos" -> "'";
            case "nbsp" -> "\u00a0";
            default -> null;
        };
    }
}

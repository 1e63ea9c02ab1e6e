package moka.template.jinja;

/** Escapes in text literals, which are Python's. */
final class TextLiteral {
    private TextLiteral() {}

    /** Resolves the escapes between two offsets of a source. @throws JinjaException for an escape that is cut short */
    static String unescape(String source, int begin, int end) {
        int backslash = source.indexOf('\\', begin);
        if (backslash < 0 || backslash >= end) {
            return source.substring(begin, end);
        }
        var out = new StringBuilder(end - begin);
        for (int i = begin; i < end; ) {
            char one = source.charAt(i);
            if (one != '\\') {
                out.append(one);
                i++;
            } else {
                i = escape(source, i + 1, end, out);
            }
        }
        return out.toString();
    }

    /** Appends what an escape stands for. @param at behind the backslash @return behind the escape */
    private static int escape(String source, int at, int end, StringBuilder out) {
        char kind = source.charAt(at);
        switch (kind) {
            case '\n' -> {}
            case '\\', '\'', '"' -> out.append(kind);
            case 'a' -> out.append('\u0007');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'v' -> out.append('\u000b');
            case 'x' -> {
                return hex(source, at, 2, end, "truncated \\xXX escape", out);
            }
            case 'u' -> {
                return hex(source, at, 4, end, "truncated \\uXXXX escape", out);
            }
            case 'U' -> {
                return hex(source, at, 8, end, "truncated \\UXXXXXXXX escape", out);
            }
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                int code = 0;
                int next = at;
                while (next < end && next < at + 3 && source.charAt(next) >= '0' && source.charAt(next) <= '7') {
                    code = code * 8 + source.charAt(next++) - '0';
                }
                out.append((char) code);
                return next;
            }
            case 'N' -> {
                return named(source, at, end, out);
            }
            default -> {
                out.append('\\');
                if (kind < 0x80) {
                    out.append(kind);
                } else {
                    return nonAscii(source, at, out);
                }
            }
        }
        return at + 1;
    }

    private static int hex(String source, int at, int digits, int end, String message, StringBuilder out) {
        long code = 0;
        for (int i = at + 1; i <= at + digits; i++) {
            int digit = i < end && source.charAt(i) < 0x80 ? Character.digit(source.charAt(i), 16) : -1;
            if (digit < 0) {
                throw Lexer.error(source, message, at - 1);
            }
            code = code << 4 | digit;
        }
        if (code > Character.MAX_CODE_POINT) {
            throw Lexer.error(source, "illegal Unicode character", at - 1);
        }
        out.appendCodePoint((int) code);
        return at + 1 + digits;
    }

    private static int named(String source, int at, int end, StringBuilder out) {
        int close = source.indexOf('}', at);
        if (at + 1 >= end || source.charAt(at + 1) != '{' || close < 0 || close >= end) {
            throw Lexer.error(source, "malformed \\N character escape", at - 1);
        }
        try {
            out.appendCodePoint(Character.codePointOf(source.substring(at + 2, close)));
        } catch (IllegalArgumentException unknown) {
            throw Lexer.error(source, "unknown Unicode character name", at - 1);
        }
        return close + 1;
    }

    /**
     * The reference turns other characters into ASCII escapes before it resolves escapes, so that a backslash before one of them
     * leaves a backslash and the name of the escape.
     */
    private static int nonAscii(String source, int at, StringBuilder out) {
        int point = source.codePointAt(at);
        String hex = Integer.toHexString(point);
        int digits = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8;
        out.append(digits == 2 ? 'x' : digits == 4 ? 'u' : 'U').append("0".repeat(digits - hex.length())).append(hex);
        return at + Character.charCount(point);
    }
}

package moka.template.jinja;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.Token.Kind;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.PythonPrinting;

/**
 * Cuts a template into tokens. White space: the newline after a block tag or comment goes ({@code trim_blocks}), so do blanks before
 * one that begins a line ({@code lstrip_blocks}); {@code -} at a tag takes all white space on its side, {@code +} none.
 */
final class Lexer {
    /** Twenty times what the longest published template has. */
    private static final int MAX_TOKENS = 100_000;
    private static final int MAX_LENGTH = 1_000_000;

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    /** Closing brackets that are still to come, innermost last. */
    private final StringBuilder open = new StringBuilder();
    private int at;
    private int line = 1;
    private int lineAt;
    /** Whether what was read last ended with a newline. */
    private boolean atLineStart = true;

    private Lexer(String source) {
        this.source = source;
    }

    /** @param source with newlines as they come @throws JinjaException if it cannot be cut */
    static List<Token> tokens(String source) {
        if (source.length() > MAX_LENGTH) {
            throw new JinjaException(
                    JinjaException.Kind.SYNTAX, "the template is too long: more than " + MAX_LENGTH + " characters", 1, 1);
        }
        return new Lexer(normalize(source)).run();
    }

    /** Makes all newlines {@code \n} and drops one at the end. */
    static String normalize(String source) {
        String text = source.indexOf('\r') < 0 ? source : source.replace("\r\n", "\n").replace('\r', '\n');
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private List<Token> run() {
        while (at < source.length()) {
            int tag = nextTag(at);
            if (tag < 0) {
                add(Kind.DATA, source.substring(at), at);
                at = source.length();
                break;
            }
            char kind = source.charAt(tag + 1);
            int afterSign = tag + 2;
            char sign = afterSign < source.length() ? source.charAt(afterSign) : 0;
            afterSign += sign == '-' || sign == '+' ? 1 : 0;
            addData(at, tag, sign, kind != '{');
            at = afterSign;
            atLineStart = false;
            if (kind == '#') {
                skipComment();
            } else if (kind == '%' && rawEnd(afterSign, "raw") > 0) {
                readRaw(rawEnd(afterSign, "raw"));
            } else {
                add(kind == '{' ? Kind.PRINT_BEGIN : Kind.BLOCK_BEGIN, "", tag);
                readCode(kind == '{');
            }
        }
        add(Kind.END, "", source.length());
        return tokens;
    }

    private int nextTag(int from) {
        for (int brace = source.indexOf('{', from); brace >= 0 && brace + 1 < source.length(); brace = source.indexOf('{', brace + 1)) {
            char next = source.charAt(brace + 1);
            if (next == '{' || next == '%' || next == '#') {
                return brace;
            }
        }
        return -1;
    }

    /** Adds the text before a tag, less the white space that the tag takes. */
    private void addData(int begin, int end, char sign, boolean block) {
        int kept = end;
        if (sign == '-') {
            while (kept > begin && PythonPrinting.isSpace(source.charAt(kept - 1))) {
                kept--;
            }
        } else if (sign != '+' && block) {
            int blank = end;
            while (blank > begin && source.charAt(blank - 1) != '\n' && PythonPrinting.isSpace(source.charAt(blank - 1))) {
                blank--;
            }
            boolean beginsLine = blank > begin ? source.charAt(blank - 1) == '\n' : atLineStart;
            kept = beginsLine ? blank : end;
        }
        if (kept > begin) {
            add(Kind.DATA, source.substring(begin, kept), begin);
        }
    }

    private void skipComment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw error("Missing end of comment tag", at);
        }
        char sign = end > at ? source.charAt(end - 1) : 0;
        endTag(end + 2, sign == '-', sign != '+');
    }

    /** Goes on behind a tag that ends at an offset. */
    private void endTag(int end, boolean takesWhiteSpace, boolean takesNewline) {
        at = end;
        if (takesWhiteSpace) {
            while (at < source.length() && PythonPrinting.isSpace(source.charAt(at))) {
                at++;
            }
        } else if (takesNewline && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
        atLineStart = at > end && source.charAt(at - 1) == '\n';
    }

    /** Where a tag with only this name ends, given where its name may begin; or -1. */
    private int rawEnd(int from, String name) {
        int begin = skipSpace(from);
        int end = skipSpace(begin + name.length());
        boolean signed = end < source.length() && (source.charAt(end) == '-' || source.charAt(end) == '+' && name.equals("endraw"));
        return source.startsWith(name, begin) && source.startsWith("%}", signed ? end + 1 : end) ? (signed ? end + 1 : end) + 2 : -1;
    }

    private int skipSpace(int from) {
        int next = from;
        while (next < source.length() && PythonPrinting.isSpace(source.charAt(next))) {
            next++;
        }
        return next;
    }

    private void readRaw(int beginEnd) {
        endTag(beginEnd, source.charAt(beginEnd - 3) == '-', false);
        for (int tag = source.indexOf("{%", at); tag >= 0; tag = source.indexOf("{%", tag + 1)) {
            char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : 0;
            int end = rawEnd(sign == '-' || sign == '+' ? tag + 3 : tag + 2, "endraw");
            if (end > 0) {
                addData(at, tag, sign, true);
                char endSign = source.charAt(end - 3);
                endTag(end, endSign == '-', endSign != '+');
                return;
            }
        }
        throw error("Missing end of raw directive", at);
    }

    /** Reads the inside of a tag up to its end. */
    private void readCode(boolean print) {
        open.setLength(0);
        while (at < source.length()) {
            char one = source.charAt(at);
            if (PythonPrinting.isSpace(one)) {
                at++;
            } else if (open.isEmpty() && readEnd(print)) {
                return;
            } else if (one == '\'' || one == '"') {
                readText(one);
            } else if (one >= '0' && one <= '9') {
                readNumber();
            } else if (isWord(source.codePointAt(at))) {
                readName();
            } else {
                readOperator(one);
            }
        }
    }

    private boolean readEnd(boolean print) {
        char one = source.charAt(at);
        boolean signed = one == '-' || one == '+' && !print;
        int end = signed ? at + 1 : at;
        if (!source.startsWith(print ? "}}" : "%}", end)) {
            return false;
        }
        add(print ? Kind.PRINT_END : Kind.BLOCK_END, "", at);
        endTag(end + 2, one == '-', !print && one != '+');
        return true;
    }

    private void readText(char quote) {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw error("unexpected char " + (quote == '"' ? "'\"'" : "\"'\"") + " at " + at, at);
        }
        add(Kind.TEXT, TextLiteral.unescape(source, at + 1, end), at);
        at = end + 1;
    }

    private void readNumber() {
        int begin = at;
        boolean real = false;
        char second = begin + 1 < source.length() ? Character.toLowerCase(source.charAt(begin + 1)) : 0;
        int radix = source.charAt(begin) != '0' ? 10 : second == 'x' ? 16 : second == 'o' ? 8 : second == 'b' ? 2 : 10;
        if (radix != 10 && digitsEnd(begin + 2, radix) > begin + 2) {
            at = digitsEnd(begin + 2, radix);
        } else {
            at = digitsEnd(begin, 10);
            // After a dot, as in list.0.1, there are no floats.
            if (begin == 0 || source.charAt(begin - 1) != '.') {
                if (at < source.length() && source.charAt(at) == '.' && digitsEnd(at + 1, 10) > at + 1) {
                    at = digitsEnd(at + 1, 10);
                    real = true;
                }
                int exponent = at + 1;
                if (at < source.length() && (source.charAt(at) == 'e' || source.charAt(at) == 'E')) {
                    exponent += exponent < source.length() && (source.charAt(exponent) == '+' || source.charAt(exponent) == '-') ? 1 : 0;
                    if (digitsEnd(exponent, 10) > exponent) {
                        at = digitsEnd(exponent, 10);
                        real = true;
                    }
                }
            }
            if (!real && source.charAt(begin) == '0') {
                // A zero is followed by zeros only: 01 is two numbers, and so an error.
                at = begin + 1;
                while (at < source.length() && (source.charAt(at) == '0' || source.charAt(at) == '_' && at + 1 < source.length() && source.charAt(at + 1) == '0')) {
                    at++;
                }
            }
        }
        add(real ? Kind.FLOAT : Kind.INTEGER, source.substring(begin, at).replace("_", ""), begin);
    }

    /** Where digits, perhaps with single underscores between them, end. */
    private int digitsEnd(int from, int radix) {
        int end = from;
        while (end < source.length()) {
            char one = source.charAt(end);
            boolean joined = one == '_' && (end > from || radix != 10) && end + 1 < source.length() && isDigit(source.charAt(end + 1), radix);
            if (!isDigit(one, radix) && !joined) {
                break;
            }
            end++;
        }
        return end;
    }

    private static boolean isDigit(char one, int radix) {
        return one < 0x80 && Character.digit(one, radix) >= 0;
    }

    private static boolean isWord(int point) {
        return point == '_' || Character.isLetterOrDigit(point);
    }

    private void readName() {
        int begin = at;
        while (at < source.length() && isWord(source.codePointAt(at))) {
            at += Character.charCount(source.codePointAt(at));
        }
        if (!Character.isUnicodeIdentifierStart(source.codePointAt(begin)) && source.charAt(begin) != '_') {
            throw error("Invalid character in identifier", begin);
        }
        add(Kind.NAME, source.substring(begin, at).intern(), begin);
    }

    private void readOperator(char one) {
        char next = at + 1 < source.length() ? source.charAt(at + 1) : 0;
        String operator = switch (one) {
            case '=', '>', '<' -> next == '=' ? one + "=" : Character.toString(one);
            case '!' -> next == '=' ? "!=" : "";
            case '*' -> next == '*' ? "**" : "*";
            case '/' -> next == '/' ? "//" : "/";
            case '+', '-', '%', '~', '.', ':', '|', ',', ';' -> Character.toString(one);
            case '(', '[', '{' -> {
                open.append(one == '(' ? ')' : one == '[' ? ']' : '}');
                yield Character.toString(one);
            }
            case ')', ']', '}' -> {
                int last = open.length() - 1;
                if (last < 0 || open.charAt(last) != one) {
                    throw error("unexpected '" + one + "'" + (last < 0 ? "" : ", expected '" + open.charAt(last) + "'"), at);
                }
                open.setLength(last);
                yield Character.toString(one);
            }
            default -> "";
        };
        if (operator.isEmpty()) {
            throw error("unexpected char '" + Character.toString(source.codePointAt(at)) + "' at " + at, at);
        }
        add(Kind.OPERATOR, operator, at);
        at += operator.length();
    }

    private void add(Kind kind, String text, int offset) {
        if (tokens.size() > MAX_TOKENS) {
            throw error("the template is too long: more than " + MAX_TOKENS + " words and signs", offset);
        }
        tokens.add(new Token(kind, text, lineOf(offset), offset));
    }

    private int lineOf(int offset) {
        for (; lineAt < offset; lineAt++) {
            if (source.charAt(lineAt) == '\n') {
                line++;
            }
        }
        return line;
    }

    private JinjaException error(String message, int offset) {
        return error(source, message, offset);
    }

    /** A syntax error at an offset of the normalized source. */
    static JinjaException error(String source, String message, int offset) {
        int line = 1;
        int lineBegin = 0;
        for (int newline = source.indexOf('\n'); newline >= 0 && newline < offset; newline = source.indexOf('\n', newline + 1)) {
            line++;
            lineBegin = newline + 1;
        }
        return new JinjaException(
                JinjaException.Kind.SYNTAX, message, line, source.codePointCount(lineBegin, Math.min(offset, source.length())) + 1);
    }
}

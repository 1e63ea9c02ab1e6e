package moka.gguf;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * A strict reader of JSON text (RFC 8259) for the headers of safetensors files and the files of checkpoints: asks for what it
 * expects, value by value, and builds no tree. Every fault tells its byte. For one thread.
 */
public final class Json {
    private static final int DEEPEST = 64;
    private static final Pattern LITERAL = Pattern.compile("true|false|null|-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?");

    /** How a fault becomes an exception. */
    @FunctionalInterface
    public interface Fault {
        /** The exception to be thrown. @param offset byte of the text */
        RuntimeException at(int offset, String found, String expected);
    }

    /** What a value is. */
    public enum Kind {
        OBJECT,
        ARRAY,
        STRING,
        NUMBER,
        BOOLEAN,
        NULL
    }

    private final byte[] text;
    private final Fault fault;
    private int position;

    /** A reader at the beginning of a text. @param text UTF-8, not copied */
    public Json(byte[] text, Fault fault) {
        this.text = text;
        this.fault = fault;
    }

    /** The byte that is read next. */
    public int position() {
        return position;
    }

    /** Enters an object. */
    public void beginObject() {
        expect('{', "an object");
    }

    /** Whether another member follows in an object; leaves the object if not. @param first whether none was read before */
    public boolean nextMember(boolean first) {
        return next('}', first, "member");
    }

    /** The name of a member and its colon. */
    public String name() {
        String name = string("a member name");
        expect(':', "':'");
        return name;
    }

    /** Enters an array. */
    public void beginArray() {
        expect('[', "an array");
    }

    /** Whether another element follows in an array; leaves the array if not. @param first whether none was read before */
    public boolean nextElement(boolean first) {
        return next(']', first, "element");
    }

    private boolean next(char end, boolean first, String what) {
        int c = peek();
        if (c == end) {
            position++;
            return false;
        }
        if (!first) {
            expect(',', "',' or '" + end + "'");
            if (peek() == end) {
                throw fault.at(position, "'" + end + "' after ','", "another " + what);
            }
        }
        return true;
    }

    /** A whole number from 0 to 2^63-1, written without fraction or exponent. */
    public long count(String what) {
        int begin = skipSpace();
        long value = 0;
        while (position < text.length && text[position] >= '0' && text[position] <= '9') {
            int digit = text[position] - '0';
            if (value > (Long.MAX_VALUE - digit) / 10) {
                throw fault.at(begin, what + " of 2^63 or more", "less");
            }
            value = 10 * value + digit;
            position++;
        }
        boolean leadingZero = position - begin > 1 && text[begin] == '0';
        if (position == begin || leadingZero || isNumberPart(peekOrEnd())) {
            throw fault.at(begin, shown(begin), what + ", a whole number");
        }
        return value;
    }

    /** What the next value is, judged by its first character. */
    public Kind kind() {
        return switch (peek()) {
            case '{' -> Kind.OBJECT;
            case '[' -> Kind.ARRAY;
            case '"' -> Kind.STRING;
            case 't', 'f' -> Kind.BOOLEAN;
            case 'n' -> Kind.NULL;
            default -> Kind.NUMBER;
        };
    }

    /** A number, {@code true}, {@code false} or {@code null}, as it is written. */
    public String literal() {
        int begin = skipSpace();
        while (isNumberPart(peekOrEnd()) || Character.isLetter(peekOrEnd())) {
            position++;
        }
        String word = new String(text, begin, position - begin, StandardCharsets.US_ASCII);
        if (!LITERAL.matcher(word).matches()) {
            throw fault.at(begin, shown(begin), "a value");
        }
        return word;
    }

    /** A string. */
    public String string(String what) {
        expect('"', what);
        int begin = position;
        while (position < text.length && text[position] != '"' && text[position] != '\\') {
            requireNoControl();
            position++;
        }
        if (peekOrEnd() == '"') {
            return utf8(begin, position++);
        }
        var value = new StringBuilder();
        while (true) {
            value.append(utf8(begin, position));
            int c = peekOrEnd();
            if (c == '"') {
                position++;
                return value.toString();
            }
            if (c != '\\') {
                throw fault.at(position, "end of text in a string", "'\"'");
            }
            value.append(escape());
            begin = position;
            while (position < text.length && text[position] != '"' && text[position] != '\\') {
                requireNoControl();
                position++;
            }
        }
    }

    private void requireNoControl() {
        if (text[position] >= 0 && text[position] < 0x20) {
            throw fault.at(position, "control character " + text[position] + " in a string", "an escape");
        }
    }

    private char escape() {
        int begin = position++;
        int c = peekOrEnd();
        position++;
        return switch (c) {
            case '"', '\\', '/' -> (char) c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int value = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = Character.digit(peekOrEnd(), 16);
                    if (digit < 0) {
                        throw fault.at(begin, "bad \\u escape", "four hexadecimal digits");
                    }
                    value = value << 4 | digit;
                    position++;
                }
                yield (char) value;
            }
            default -> throw fault.at(begin, "unknown escape", "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
        };
    }

    private String utf8(int begin, int end) {
        int ascii = begin;
        while (ascii < end && text[ascii] >= 0) {
            ascii++;
        }
        if (ascii == end) {
            return new String(text, begin, end - begin, StandardCharsets.ISO_8859_1);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text, begin, end - begin))
                    .toString();
        } catch (CharacterCodingException e) {
            throw fault.at(begin, "string that is not UTF-8", "UTF-8 text");
        }
    }

    /** Passes over a value of any kind. */
    public void skipValue() {
        skipValue(1);
    }

    private void skipValue(int depth) {
        if (depth > DEEPEST) {
            throw fault.at(position, "values nested more than " + DEEPEST + " deep", "fewer levels");
        }
        switch (peek()) {
            case '{' -> {
                beginObject();
                for (boolean first = true; nextMember(first); first = false) {
                    name();
                    skipValue(depth + 1);
                }
            }
            case '[' -> {
                beginArray();
                for (boolean first = true; nextElement(first); first = false) {
                    skipValue(depth + 1);
                }
            }
            case '"' -> string("a string");
            default -> literal();
        }
    }

    /** Checks that nothing but space follows. */
    public void end() {
        skipSpace();
        if (position < text.length) {
            throw fault.at(position, shown(position) + " after the end of the object", "spaces only");
        }
    }

    private void expect(char wanted, String what) {
        if (peek() != wanted) {
            throw fault.at(position, shown(position), what);
        }
        position++;
    }

    // The next character that is no space, which must be there.
    private int peek() {
        skipSpace();
        if (position >= text.length) {
            throw fault.at(position, "end of text", "the rest of the JSON");
        }
        return text[position];
    }

    private int peekOrEnd() {
        return position < text.length ? text[position] : -1;
    }

    private static boolean isNumberPart(int c) {
        return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
    }

    private int skipSpace() {
        while (position < text.length
                && (text[position] == ' '
                        || text[position] == '\n'
                        || text[position] == '\r'
                        || text[position] == '\t')) {
            position++;
        }
        return position;
    }

    private String shown(int at) {
        int end = Math.min(text.length, at + 16);
        return end <= at ? "end of text" : Wording.quoted(new String(text, at, end - at, StandardCharsets.ISO_8859_1));
    }
}

package moka.template.answer;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.template.Message.TemplateValues;
import org.jspecify.annotations.Nullable;

/** JSON as the values that templates know; duplicate keys keep the last value, as in Python. */
final class Json {
    private static final int MAX_DEPTH = 100;
    private static final int MAX_DIGITS = 1000;

    private final String text;
    private int at;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /** A malformed text. */
    private static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Malformed() {
            super(null, null, false, false);
        }
    }

    /** The value of a text, or null if it is no JSON. */
    static @Nullable Object parse(String text) {
        var json = new Json(text);
        try {
            Object value = json.value();
            json.skipSpace();
            return json.at == text.length() ? value : null;
        } catch (Malformed malformed) {
            return null;
        }
    }

    private Object value() {
        skipSpace();
        char first = at < text.length() ? text.charAt(at) : 0;
        return switch (first) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> literal("true", true);
            case 'f' -> literal("false", false);
            case 'n' -> literal("null", TemplateValues.NONE);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        enter();
        var object = new LinkedHashMap<String, Object>();
        while (!next('}', object.isEmpty())) {
            skipSpace();
            if (at >= text.length() || text.charAt(at) != '"') {
                throw new Malformed();
            }
            String key = string();
            skipSpace();
            expect(':');
            object.put(key, value());
        }
        depth--;
        return object;
    }

    private List<Object> array() {
        enter();
        var array = new ArrayList<Object>();
        while (!next(']', array.isEmpty())) {
            array.add(value());
        }
        depth--;
        return array;
    }

    private void enter() {
        at++;
        if (++depth > MAX_DEPTH) {
            throw new Malformed();
        }
    }

    /** Whether the container ends here; takes the comma if it does not. */
    private boolean next(char close, boolean first) {
        skipSpace();
        if (at < text.length() && text.charAt(at) == close) {
            at++;
            return true;
        }
        if (!first) {
            expect(',');
        }
        return false;
    }

    private String string() {
        var out = new StringBuilder();
        at++;
        while (at < text.length() && text.charAt(at) != '"') {
            char one = text.charAt(at++);
            // Models write line breaks into strings, which JSON forbids and everybody understands.
            out.append(one == '\\' ? escape() : one);
        }
        expect('"');
        return out.toString();
    }

    private char escape() {
        char kind = at < text.length() ? text.charAt(at++) : 0;
        return switch (kind) {
            case '"', '\\', '/' -> kind;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = at < text.length() && text.charAt(at) < 0x80 ? Character.digit(text.charAt(at++), 16) : -1;
                    if (digit < 0) {
                        throw new Malformed();
                    }
                    code = code << 4 | digit;
                }
                yield (char) code;
            }
            default -> throw new Malformed();
        };
    }

    private Object literal(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw new Malformed();
        }
        at += word.length();
        return value;
    }

    private Object number() {
        int begin = at;
        at += at < text.length() && text.charAt(at) == '-' ? 1 : 0;
        int whole = digits();
        boolean leadingZero = whole > 1 && text.charAt(at - whole) == '0';
        boolean real = false;
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            real = true;
            leadingZero |= digits() == 0;
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            real = true;
            at += at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+') ? 1 : 0;
            leadingZero |= digits() == 0;
        }
        if (whole == 0 || leadingZero || at - begin > MAX_DIGITS) {
            throw new Malformed();
        }
        String number = text.substring(begin, at);
        if (real) {
            return Double.valueOf(number);
        }
        var value = new BigInteger(number);
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    private int digits() {
        int begin = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at - begin;
    }

    private void expect(char one) {
        if (at >= text.length() || text.charAt(at) != one) {
            throw new Malformed();
        }
        at++;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** A value of {@link #parse} as text, laid out as Python does. */
    static String write(Object value) {
        var out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        switch (value) {
            case String string -> quote(string, out);
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    quote(String.valueOf(entry.getKey()), out);
                    out.append(": ");
                    write(entry.getValue(), out);
                    separator = ", ";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case List<?> list -> {
                String separator = "[";
                for (Object element : list) {
                    out.append(separator);
                    write(element, out);
                    separator = ", ";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            }
            default -> out.append(value == TemplateValues.NONE ? "null" : value.toString());
        }
    }

    private static void quote(String string, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < string.length(); i++) {
            char one = string.charAt(i);
            switch (one) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(one < ' ' ? String.format("\\u%04x", (int) one) : Character.toString(one));
            }
        }
        out.append('"');
    }
}

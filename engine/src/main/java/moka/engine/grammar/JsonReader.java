package moka.engine.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.engine.grammar.JsonValue.JsonArray;
import moka.engine.grammar.JsonValue.JsonBoolean;
import moka.engine.grammar.JsonValue.JsonNull;
import moka.engine.grammar.JsonValue.JsonNumber;
import moka.engine.grammar.JsonValue.JsonObject;
import moka.engine.grammar.JsonValue.JsonString;

/** Reads JSON (RFC 8259) strictly: no comments, no trailing commas, no repeated keys, nesting up to {@value #DEEPEST}. */
final class JsonReader {
    private static final int DEEPEST = 400;
    private static final int LONGEST_NUMBER = 1000;

    private final String text;
    private int at;
    private int depth;

    private JsonReader(String text) {
        this.text = text;
    }

    /** @throws GrammarException if the text is not JSON, with line and column */
    static JsonValue read(String text) {
        JsonReader reader = new JsonReader(text);
        reader.space();
        JsonValue value = reader.value();
        reader.space();
        if (reader.at < text.length()) {
            throw reader.error("the end");
        }
        return value;
    }

    private JsonValue value() {
        if (at >= text.length()) {
            throw error("a value");
        }
        return switch (text.charAt(at)) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> new JsonString(string());
            case 't' -> word("true", new JsonBoolean(true));
            case 'f' -> word("false", new JsonBoolean(false));
            case 'n' -> word("null", new JsonNull());
            default -> number();
        };
    }

    private JsonValue object() {
        deeper();
        Map<String, JsonValue> members = new LinkedHashMap<>();
        at++;
        space();
        while (!take('}')) {
            if (!members.isEmpty()) {
                expect(',', ", or }");
            }
            if (at >= text.length() || text.charAt(at) != '"') {
                throw error("a key in quotes");
            }
            int keyAt = at;
            String key = string();
            space();
            expect(':', ":");
            if (members.putIfAbsent(key, value()) != null) {
                at = keyAt;
                throw error("a key that the object does not have yet");
            }
            space();
        }
        depth--;
        return new JsonObject(members);
    }

    private JsonValue array() {
        deeper();
        List<JsonValue> elements = new ArrayList<>();
        at++;
        space();
        while (!take(']')) {
            if (!elements.isEmpty()) {
                expect(',', ", or ]");
            }
            elements.add(value());
            space();
        }
        depth--;
        return new JsonArray(List.copyOf(elements));
    }

    private void deeper() {
        if (++depth > DEEPEST) {
            throw error("nesting of at most " + DEEPEST + " levels");
        }
    }

    private String string() {
        var content = new StringBuilder();
        at++;
        while (true) {
            char c = at < text.length() ? text.charAt(at) : 0;
            if (c == '"') {
                at++;
                return content.toString();
            }
            if (c < 0x20) {
                throw error("a character of a string or its closing quote");
            }
            at++;
            content.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() {
        char c = at < text.length() ? text.charAt(at) : 0;
        int replacement = "\"\\/bfnrt".indexOf(c);
        if (replacement >= 0 && c != 0) {
            at++;
            return "\"\\/\b\f\n\r\t".charAt(replacement);
        }
        if (c == 'u' && at + 5 <= text.length() && text.substring(at + 1, at + 5).matches("[0-9a-fA-F]{4}")) {
            at += 5;
            return (char) Integer.parseInt(text, at - 4, at, 16);
        }
        throw error("one of \" \\ / b f n r t or u with four hexadecimal digits after \\");
    }

    private JsonValue number() {
        int start = at;
        take('-');
        if (!take('0')) {
            digits();
        }
        if (take('.')) {
            digits();
        }
        if (at > start && (take('e') || take('E'))) {
            if (!take('-')) {
                take('+');
            }
            digits();
        }
        if (at - start <= LONGEST_NUMBER) {
            try {
                BigDecimal value = new BigDecimal(text.substring(start, at));
                if (Math.abs((long) value.precision() - value.scale()) <= LONGEST_NUMBER && value.scale() <= LONGEST_NUMBER) {
                    return new JsonNumber(value);
                }
            } catch (NumberFormatException e) {
                // An exponent of more than ten digits: the same refusal.
            }
        }
        at = start;
        throw error("a number of at most " + LONGEST_NUMBER + " digits");
    }

    private void digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw error(start > 0 && "+-.eE".indexOf(text.charAt(start - 1)) >= 0 ? "a digit" : "a value");
        }
    }

    private JsonValue word(String word, JsonValue value) {
        if (!text.startsWith(word, at)) {
            throw error(word);
        }
        at += word.length();
        return value;
    }

    private void expect(char c, String expected) {
        if (!take(c)) {
            throw error(expected);
        }
        space();
    }

    private boolean take(char c) {
        boolean there = at < text.length() && text.charAt(at) == c;
        at += there ? 1 : 0;
        return there;
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private GrammarException error(String expected) {
        int line = 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count();
        int column = at - text.lastIndexOf('\n', at - 1);
        String rest = text.substring(at, Math.min(text.length(), at + 12)).lines().findFirst().orElse("");
        String found = at >= text.length() ? "the end" : rest.isEmpty() ? "a line break" : "'" + rest + "'";
        return new GrammarException(
                "schema: line " + line + ", column " + column + ": found " + found + ", expected " + expected);
    }
}

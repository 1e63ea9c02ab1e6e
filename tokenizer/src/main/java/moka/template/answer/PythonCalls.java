package moka.template.answer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.template.Message.TemplateValues;
import org.jspecify.annotations.Nullable;

/** Calls written as Python: {@code [name(key="value", n=1)]}, {@code name.call(query="…")}. */
final class PythonCalls {
    private final String text;
    private int at;

    PythonCalls(String text) {
        this.text = text;
    }

    private static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Malformed() {
            super(null, null, false, false);
        }
    }

    /** The value of a literal, or null if the text is none. */
    static @Nullable Object literal(String text) {
        var python = new PythonCalls(text);
        try {
            Object value = python.value(0);
            return python.atEnd() ? value : null;
        } catch (Malformed malformed) {
            return null;
        }
    }

    /** The calls, or none if the text is anything else. */
    List<ToolCall> read() {
        try {
            boolean list = skip('[');
            var calls = new ArrayList<ToolCall>();
            do {
                calls.add(call());
            } while (skip(',') || skip(';') || !list && !atEnd());
            if (list && !skip(']') || !atEnd()) {
                return List.of();
            }
            return calls;
        } catch (Malformed malformed) {
            return List.of();
        }
    }

    private ToolCall call() {
        String name = name();
        var arguments = new LinkedHashMap<String, Object>();
        expect('(');
        while (!skip(')')) {
            if (!arguments.isEmpty()) {
                expect(',');
            }
            String key = name();
            expect('=');
            arguments.put(key, value(0));
        }
        return new ToolCall("", name.endsWith(".call") ? name.substring(0, name.length() - 5) : name, Json.write(arguments));
    }

    private String name() {
        skipSpace();
        int begin = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || "_.-".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        if (at == begin || at - begin > 128) {
            throw new Malformed();
        }
        return text.substring(begin, at);
    }

    private Object value(int depth) {
        skipSpace();
        char first = at < text.length() ? text.charAt(at) : 0;
        if (depth > 50) {
            throw new Malformed();
        }
        if (first == '"' || first == '\'') {
            return string(first);
        }
        if (skip('[')) {
            var list = new ArrayList<Object>();
            while (!skip(']')) {
                if (!list.isEmpty()) {
                    expect(',');
                }
                list.add(value(depth + 1));
            }
            return list;
        }
        if (skip('{')) {
            var map = new LinkedHashMap<String, Object>();
            while (!skip('}')) {
                if (!map.isEmpty()) {
                    expect(',');
                }
                Object key = value(depth + 1);
                expect(':');
                map.put(String.valueOf(key), value(depth + 1));
            }
            return map;
        }
        return word();
    }

    private Object word() {
        int begin = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || "_.+-".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        String word = text.substring(begin, at);
        return switch (word) {
            case "True", "true" -> true;
            case "False", "false" -> false;
            case "None", "null" -> TemplateValues.NONE;
            default -> {
                Object number = Json.parse(word);
                if (number == null || number instanceof Map) {
                    throw new Malformed();
                }
                yield number;
            }
        };
    }

    private String string(char quote) {
        var out = new StringBuilder();
        at++;
        while (at < text.length() && text.charAt(at) != quote) {
            char one = text.charAt(at++);
            if (one == '\\' && at < text.length()) {
                char escaped = text.charAt(at++);
                out.append(
                        switch (escaped) {
                            case 'n' -> '\n';
                            case 't' -> '\t';
                            case 'r' -> '\r';
                            default -> escaped;
                        });
            } else {
                out.append(one);
            }
        }
        expect(quote);
        return out.toString();
    }

    private boolean skip(char one) {
        skipSpace();
        boolean there = at < text.length() && text.charAt(at) == one;
        at += there ? 1 : 0;
        return there;
    }

    private void expect(char one) {
        if (!skip(one)) {
            throw new Malformed();
        }
    }

    private boolean atEnd() {
        skipSpace();
        return at == text.length();
    }

    private void skipSpace() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }
}

package moka.template.answer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls as Gemma 4 writes them: {@code call:NAME{key:<|"|>text<|"|>,number:1,list:[…]}}: keys without quotes, a token for the quotes of text. */
final class GemmaCalls {
    private static final String BEGIN = "call:";
    private static final String QUOTE = "<|\"|>";
    private static final int MAX_DEPTH = 50;

    private final String text;
    private int at;

    GemmaCalls(String text) {
        this.text = text;
    }

    static boolean begins(String text) {
        return text.startsWith(BEGIN);
    }

    /** The calls, or none if the text is anything else. */
    List<ToolCall> read() {
        var calls = new ArrayList<ToolCall>();
        while (text.startsWith(BEGIN, at)) {
            int brace = text.indexOf('{', at);
            String name = brace < 0 ? "" : text.substring(at + BEGIN.length(), brace).strip();
            at = brace;
            if (name.isEmpty() || !(value(0) instanceof Map<?, ?> arguments)) {
                return List.of();
            }
            calls.add(new ToolCall("", name, Json.write(arguments)));
            skipSpace();
        }
        return at == text.length() ? calls : List.of();
    }

    /** The value here, or null if there is none. */
    private @Nullable Object value(int depth) {
        skipSpace();
        if (depth > MAX_DEPTH) {
            return null;
        }
        if (text.startsWith(QUOTE, at)) {
            return quoted();
        }
        if (skip('{')) {
            return map(depth);
        }
        if (skip('[')) {
            return list(depth);
        }
        int begin = at;
        while (at < text.length() && ",]}".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(begin, at).strip();
        return word.isEmpty() ? null : ToolSchemas.guess(word);
    }

    private @Nullable Object map(int depth) {
        var map = new LinkedHashMap<String, Object>();
        while (!skip('}')) {
            if (!map.isEmpty() && !skip(',')) {
                return null;
            }
            skipSpace();
            int colon = text.indexOf(':', at);
            String key = text.startsWith(QUOTE, at) ? quoted() : colon < 0 ? null : text.substring(at, at = colon).strip();
            Object value = key == null || !skip(':') ? null : value(depth + 1);
            if (value == null) {
                return null;
            }
            map.put(key, value);
        }
        return map;
    }

    private @Nullable Object list(int depth) {
        var list = new ArrayList<Object>();
        while (!skip(']')) {
            Object value = !list.isEmpty() && !skip(',') ? null : value(depth + 1);
            if (value == null) {
                return null;
            }
            list.add(value);
        }
        return list;
    }

    /** The text up to the next quote, or null if there is none. */
    private @Nullable String quoted() {
        int begin = at + QUOTE.length();
        int end = text.indexOf(QUOTE, begin);
        at = end < 0 ? text.length() : end + QUOTE.length();
        return end < 0 ? null : text.substring(begin, end);
    }

    private boolean skip(char one) {
        skipSpace();
        boolean there = at < text.length() && text.charAt(at) == one;
        at += there ? 1 : 0;
        return there;
    }

    private void skipSpace() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }
}

package moka.engine.grammar;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import moka.engine.grammar.JsonValue.JsonArray;
import moka.engine.grammar.JsonValue.JsonBoolean;
import moka.engine.grammar.JsonValue.JsonNull;
import moka.engine.grammar.JsonValue.JsonNumber;
import moka.engine.grammar.JsonValue.JsonObject;
import moka.engine.grammar.JsonValue.JsonString;

/** Writes JSON without spaces, numbers without exponents, only what must be escaped escaped. */
final class JsonWriter {
    private final StringBuilder text = new StringBuilder();

    private JsonWriter() {}

    static String write(JsonValue value) {
        JsonWriter writer = new JsonWriter();
        writer.append(value);
        return writer.text.toString();
    }

    private void append(JsonValue value) {
        switch (value) {
            case JsonNull _ -> text.append("null");
            case JsonBoolean(boolean set) -> text.append(set);
            case JsonNumber(BigDecimal number) -> text.append(number.stripTrailingZeros().toPlainString());
            case JsonString(String string) -> append(string);
            case JsonArray(List<JsonValue> elements) -> {
                char separator = '[';
                for (JsonValue element : elements) {
                    text.append(separator);
                    append(element);
                    separator = ',';
                }
                text.append(elements.isEmpty() ? "[]" : "]");
            }
            case JsonObject(Map<String, JsonValue> members) -> {
                char separator = '{';
                for (Map.Entry<String, JsonValue> member : members.entrySet()) {
                    text.append(separator);
                    append(member.getKey());
                    text.append(':');
                    append(member.getValue());
                    separator = ',';
                }
                text.append(members.isEmpty() ? "{}" : "}");
            }
        }
    }

    private void append(String string) {
        text.append('"');
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < 0x20) {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }
}

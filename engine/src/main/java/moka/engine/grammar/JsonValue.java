package moka.engine.grammar;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** A JSON value as a schema has it: keys in order, numbers exact. */
sealed interface JsonValue {
    /** Keys in the order of the text. */
    record JsonObject(Map<String, JsonValue> members) implements JsonValue {}

    record JsonArray(List<JsonValue> elements) implements JsonValue {}

    record JsonString(String value) implements JsonValue {}

    record JsonNumber(BigDecimal value) implements JsonValue {
        @Override
        public boolean equals(Object other) {
            return other instanceof JsonNumber number && value.compareTo(number.value) == 0; // 1 equals 1.0
        }

        @Override
        public int hashCode() {
            return value.stripTrailingZeros().hashCode();
        }
    }

    record JsonBoolean(boolean value) implements JsonValue {}

    record JsonNull() implements JsonValue {}

    /** What kind of value it is, for messages. */
    default String kind() {
        return switch (this) {
            case JsonObject _ -> "an object";
            case JsonArray _ -> "an array";
            case JsonString _ -> "a string";
            case JsonNumber _ -> "a number";
            case JsonBoolean _ -> "a boolean";
            case JsonNull _ -> "null";
        };
    }
}

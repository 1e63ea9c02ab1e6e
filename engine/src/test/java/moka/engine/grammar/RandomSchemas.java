package moka.engine.grammar;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Random schemas, and random values that have a chance to satisfy them. Objects name keys in alphabetical order; those of {@code allOf} and
 * {@code anyOf} come later in the alphabet than those beside them, so alphabetical order is the order that grammars ask for.
 */
final class RandomSchemas {
    private static final List<String> PATTERNS =
            List.of("^[a-c]*$", "^x?[0-9]{1,3}$", "ab", "^a", "b$", "^(a|bb|é)+$", "^[^a]{2}$", "^\\d[ -]$");
    private static final List<String> TEXTS =
            List.of("", "a", "ab", "abc", "x12", "7", "bb", "é", "aé", "🙂", "1 ", "cab", "\"q\"", "\\", "\n", "zz", "b", "xyz");
    private static final List<String> NUMBERS = List.of("0", "1", "-1", "2.5", "-2.5", "7", "10", "12", "-12", "99", "0.1", "100", "1e1", "5e-1",
            "3", "4", "-0.0", "12.50");

    private final SplittableRandom random;
    private final JsonObject definitions = new JsonObject();

    RandomSchemas(SplittableRandom random) {
        this.random = random;
    }

    JsonObject schema() {
        definitions.add("text", typed("string", 0));
        definitions.add("one", any(2, 'a'));
        JsonObject schema = any(3, 'a');
        schema.add("$defs", definitions);
        return schema;
    }

    private JsonObject any(int depth, char key) {
        JsonObject schema = switch (random.nextInt(depth > 0 ? 12 : 7)) {
            case 0 -> typed("integer", depth);
            case 1, 2 -> typed("string", depth);
            case 3 -> typed("number", depth);
            case 4 -> listed();
            case 5 -> typed("boolean", depth);
            case 6 -> several(depth);
            case 7 -> typed("array", depth);
            case 8 -> with("$ref", new JsonPrimitive(depth > 2 ? "#/$defs/one" : "#/$defs/text"));
            default -> object(depth, key);
        };
        if (depth > 1 && random.nextInt(5) == 0) {
            schema.add(random.nextBoolean() ? "anyOf" : "allOf", list(() -> any(depth - 1, (char) (key + 4)), 1 + random.nextInt(2)));
        }
        return schema;
    }

    private JsonObject several(int depth) {
        JsonObject schema = typed(random.nextBoolean() ? "integer" : "string", depth);
        JsonArray types = new JsonArray();
        types.add("null");
        types.add(schema.get("type"));
        schema.add("type", types);
        return schema;
    }

    private JsonObject typed(String type, int depth) {
        JsonObject schema = with("type", new JsonPrimitive(type));
        switch (type) {
            case "integer", "number" -> {
                maybe(schema, random.nextBoolean() ? "minimum" : "exclusiveMinimum", this::bound);
                maybe(schema, random.nextBoolean() ? "maximum" : "exclusiveMaximum", this::bound);
            }
            case "string" -> {
                maybe(schema, "minLength", () -> new JsonPrimitive(random.nextInt(3)));
                maybe(schema, "maxLength", () -> new JsonPrimitive(1 + random.nextInt(4)));
                maybe(schema, "pattern", () -> new JsonPrimitive(pick(PATTERNS)));
            }
            case "array" -> {
                maybe(schema, "minItems", () -> new JsonPrimitive(random.nextInt(3)));
                maybe(schema, "maxItems", () -> new JsonPrimitive(1 + random.nextInt(3)));
                maybe(schema, "prefixItems", () -> list(() -> any(depth - 1, 'a'), 1 + random.nextInt(2)));
                maybe(schema, "items", () -> random.nextInt(6) == 0 ? new JsonPrimitive(false) : any(depth - 1, 'a'));
            }
            default -> {}
        }
        return schema;
    }

    private JsonObject object(int depth, char key) {
        JsonObject schema = with("type", new JsonPrimitive("object"));
        JsonObject properties = new JsonObject();
        JsonArray required = new JsonArray();
        for (int i = 0; i < 4; i++) {
            if (random.nextInt(3) > 0) {
                String name = String.valueOf((char) (key + i));
                properties.add(name, any(depth - 1, 'a'));
                if (random.nextInt(3) == 0) {
                    required.add(name);
                }
            }
        }
        schema.add("properties", properties);
        schema.add("required", required);
        maybe(schema, "additionalProperties", () -> random.nextBoolean() ? new JsonPrimitive(false) : any(0, 'a'));
        return schema;
    }

    private JsonObject listed() {
        JsonArray values = list(() -> value(1), 1 + random.nextInt(4));
        return random.nextInt(4) == 0 ? with("const", values.get(0)) : with("enum", values);
    }

    private JsonPrimitive bound() {
        return new JsonPrimitive(random.nextInt(3) == 0 ? new BigDecimal(random.nextInt(-250, 250)).movePointLeft(1) : new BigDecimal(random.nextInt(-20, 110)));
    }

    /** A value made without looking at a schema. */
    JsonElement value(int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 5)) {
            case 0 -> JsonNull.INSTANCE;
            case 1 -> new JsonPrimitive(random.nextBoolean());
            case 2 -> new JsonPrimitive(new BigDecimal(pick(NUMBERS)));
            case 3, 4 -> new JsonPrimitive(pick(TEXTS));
            case 5 -> list(() -> value(depth - 1), random.nextInt(4));
            default -> {
                JsonObject object = new JsonObject();
                for (char key = 'a'; key < 'n'; key++) {
                    if (random.nextInt(4) == 0) {
                        object.add(String.valueOf(key), value(depth - 1));
                    }
                }
                yield object;
            }
        };
    }

    /** A value made after a schema, though not always satisfying it. */
    JsonElement value(JsonObject schema) {
        if (random.nextInt(20) == 0) {
            return value(2);
        }
        if (schema.has("$ref")) {
            return value(definitions.getAsJsonObject(schema.get("$ref").getAsString().substring("#/$defs/".length())));
        }
        if (schema.has("const")) {
            return schema.get("const");
        }
        if (schema.has("enum")) {
            return pick(schema.getAsJsonArray("enum").asList());
        }
        JsonElement type = schema.get("type");
        return switch (type.isJsonArray() ? pick(type.getAsJsonArray().asList()).getAsString() : type.getAsString()) {
            case "null" -> JsonNull.INSTANCE;
            case "boolean" -> new JsonPrimitive(random.nextBoolean());
            case "integer" -> new JsonPrimitive(BigDecimal.valueOf(random.nextInt(-30, 120)));
            case "number" -> new JsonPrimitive(new BigDecimal(random.nextInt(-300, 1200)).movePointLeft(1));
            case "string" -> new JsonPrimitive(pick(TEXTS) + (random.nextInt(3) == 0 ? pick(TEXTS) : ""));
            case "array" -> array(schema);
            default -> object(schema);
        };
    }

    private JsonElement array(JsonObject schema) {
        JsonArray array = new JsonArray();
        int prefix = schema.has("prefixItems") ? schema.getAsJsonArray("prefixItems").size() : 0;
        for (int i = 0, count = random.nextInt(4); i < count; i++) {
            JsonElement element = i < prefix ? schema.getAsJsonArray("prefixItems").get(i) : schema.get("items");
            array.add(element != null && element.isJsonObject() ? value(element.getAsJsonObject()) : value(1));
        }
        return array;
    }

    private JsonElement object(JsonObject schema) {
        Map<String, JsonElement> members = new java.util.TreeMap<>();
        JsonObject properties = schema.getAsJsonObject("properties");
        for (String key : properties.keySet()) {
            boolean required = schema.getAsJsonArray("required").contains(new JsonPrimitive(key));
            if (required ? random.nextInt(20) > 0 : random.nextBoolean()) {
                members.put(key, value(properties.getAsJsonObject(key)));
            }
        }
        for (String keyword : List.of("allOf", "anyOf")) {
            if (schema.has(keyword)) {
                JsonElement more = value(schema.getAsJsonArray(keyword).get(0).getAsJsonObject());
                if (more.isJsonObject()) {
                    more.getAsJsonObject().asMap().forEach(members::putIfAbsent);
                }
            }
        }
        if (random.nextInt(4) == 0) {
            members.put(random.nextBoolean() ? "bz" : "é\"", value(0));
        }
        JsonObject object = new JsonObject();
        members.forEach(object::add);
        return object;
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private void maybe(JsonObject schema, String keyword, java.util.function.Supplier<JsonElement> value) {
        if (random.nextInt(3) == 0) {
            schema.add(keyword, value.get());
        }
    }

    private static JsonObject with(String keyword, JsonElement value) {
        JsonObject schema = new JsonObject();
        schema.add(keyword, value);
        return schema;
    }

    private static JsonArray list(java.util.function.Supplier<JsonElement> element, int count) {
        JsonArray array = new JsonArray();
        for (int i = 0; i < count; i++) {
            array.add(element.get());
        }
        return array;
    }

    /** A value as text in one of the ways that JSON has: white space and escapes at random, but no exponents, which bounds do not take. */
    String write(JsonElement value) {
        var text = new StringBuilder();
        write(value, text);
        return text.toString();
    }

    private void write(JsonElement value, StringBuilder text) {
        space(text);
        if (value.isJsonArray() || value.isJsonObject()) {
            List<Map.Entry<String, JsonElement>> members = new ArrayList<>();
            if (value.isJsonArray()) {
                value.getAsJsonArray().forEach(element -> members.add(Map.entry("", element)));
            } else {
                members.addAll(value.getAsJsonObject().entrySet());
            }
            text.append(value.isJsonArray() ? '[' : '{');
            for (int i = 0; i < members.size(); i++) {
                text.append(i > 0 ? "," : "");
                if (value.isJsonObject()) {
                    space(text);
                    string(members.get(i).getKey(), text);
                    space(text);
                    text.append(':');
                }
                write(members.get(i).getValue(), text);
            }
            space(text);
            text.append(value.isJsonArray() ? ']' : '}');
        } else if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isString()) {
            string(value.getAsString(), text);
        } else {
            boolean number = value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
            text.append(number ? value.getAsBigDecimal().toPlainString() : value.toString());
        }
        space(text);
    }

    private void space(StringBuilder text) {
        if (random.nextInt(8) == 0) {
            text.append(" \t\n\r".charAt(random.nextInt(4)));
        }
    }

    private void string(String content, StringBuilder text) {
        text.append('"');
        for (char c : content.toCharArray()) {
            boolean mustEscape = c < 0x20 || c == '"' || c == '\\';
            if (!Character.isSurrogate(c) && (mustEscape || random.nextInt(10) == 0)) {
                text.append(String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }
}

package moka.engine.grammar;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** Says whether a value satisfies a schema, straight from the text of JSON Schema 2020-12: what grammars are checked against. */
final class SchemaValidator {
    private final JsonObject root;

    SchemaValidator(JsonObject root) {
        this.root = root;
    }

    boolean accepts(JsonElement value) {
        return accepts(root, value);
    }

    private boolean accepts(JsonElement schemaElement, JsonElement value) {
        if (schemaElement.isJsonPrimitive()) {
            return schemaElement.getAsBoolean();
        }
        JsonObject schema = schemaElement.getAsJsonObject();
        for (String keyword : schema.keySet()) {
            if (!holds(keyword, schema.get(keyword), schema, value)) {
                return false;
            }
        }
        return true;
    }

    private boolean holds(String keyword, JsonElement wanted, JsonObject schema, JsonElement value) {
        return switch (keyword) {
            case "$defs" -> true;
            case "$ref" -> accepts(root.getAsJsonObject("$defs").get(wanted.getAsString().substring("#/$defs/".length())), value);
            case "type" ->
                wanted.isJsonArray()
                        ? wanted.getAsJsonArray().asList().stream().anyMatch(type -> isOf(type.getAsString(), value))
                        : isOf(wanted.getAsString(), value);
            case "enum" -> wanted.getAsJsonArray().asList().stream().anyMatch(one -> same(one, value));
            case "const" -> same(wanted, value);
            case "allOf" -> wanted.getAsJsonArray().asList().stream().allMatch(part -> accepts(part, value));
            case "anyOf" -> wanted.getAsJsonArray().asList().stream().anyMatch(part -> accepts(part, value));
            case "minimum" -> !isNumber(value) || compare(value, wanted) >= 0;
            case "maximum" -> !isNumber(value) || compare(value, wanted) <= 0;
            case "exclusiveMinimum" -> !isNumber(value) || compare(value, wanted) > 0;
            case "exclusiveMaximum" -> !isNumber(value) || compare(value, wanted) < 0;
            case "multipleOf" -> !isNumber(value) || number(value).remainder(number(wanted)).signum() == 0;
            case "minLength" -> !isString(value) || length(value) >= wanted.getAsInt();
            case "maxLength" -> !isString(value) || length(value) <= wanted.getAsInt();
            case "pattern" -> !isString(value) || ecmaScript(wanted).matcher(value.getAsString()).find();
            case "minItems" -> !value.isJsonArray() || value.getAsJsonArray().size() >= wanted.getAsInt();
            case "maxItems" -> !value.isJsonArray() || value.getAsJsonArray().size() <= wanted.getAsInt();
            case "prefixItems" -> !value.isJsonArray() || prefixHolds(wanted.getAsJsonArray(), value.getAsJsonArray());
            case "items" -> !value.isJsonArray() || itemsHold(wanted, schema, value.getAsJsonArray());
            case "properties" -> !value.isJsonObject() || propertiesHold(wanted.getAsJsonObject(), value.getAsJsonObject());
            case "required" ->
                !value.isJsonObject()
                        || wanted.getAsJsonArray().asList().stream().allMatch(key -> value.getAsJsonObject().has(key.getAsString()));
            case "additionalProperties" -> !value.isJsonObject() || othersHold(wanted, schema, value.getAsJsonObject());
            case "minProperties" -> !value.isJsonObject() || value.getAsJsonObject().size() >= wanted.getAsInt();
            case "maxProperties" -> !value.isJsonObject() || value.getAsJsonObject().size() <= wanted.getAsInt();
            default -> throw new IllegalArgumentException(keyword);
        };
    }

    private boolean prefixHolds(JsonArray schemas, JsonArray values) {
        for (int i = 0; i < Math.min(schemas.size(), values.size()); i++) {
            if (!accepts(schemas.get(i), values.get(i))) {
                return false;
            }
        }
        return true;
    }

    private boolean itemsHold(JsonElement items, JsonObject schema, JsonArray values) {
        int from = schema.has("prefixItems") ? schema.getAsJsonArray("prefixItems").size() : 0;
        return values.asList().stream().skip(from).allMatch(value -> accepts(items, value));
    }

    private boolean propertiesHold(JsonObject properties, JsonObject value) {
        return properties.keySet().stream().allMatch(key -> !value.has(key) || accepts(properties.get(key), value.get(key)));
    }

    private boolean othersHold(JsonElement wanted, JsonObject schema, JsonObject value) {
        Set<String> others = new HashSet<>(value.keySet());
        if (schema.has("properties")) {
            others.removeAll(schema.getAsJsonObject("properties").keySet());
        }
        return others.stream().allMatch(key -> accepts(wanted, value.get(key)));
    }

    private static boolean isOf(String type, JsonElement value) {
        return switch (type) {
            case "null" -> value.isJsonNull();
            case "boolean" -> value.isJsonPrimitive() && value.getAsJsonPrimitive().isBoolean();
            case "number" -> isNumber(value);
            case "integer" -> isNumber(value) && number(value).remainder(BigDecimal.ONE).signum() == 0;
            case "string" -> isString(value);
            case "array" -> value.isJsonArray();
            case "object" -> value.isJsonObject();
            default -> throw new IllegalArgumentException(type);
        };
    }

    /** In Java a dollar sign also stands before a line break at the end. */
    private static Pattern ecmaScript(JsonElement pattern) {
        return Pattern.compile(pattern.getAsString().replace("$", "\\z"));
    }

    private static boolean same(JsonElement a, JsonElement b) {
        return isNumber(a) && isNumber(b) ? compare(a, b) == 0 : a.equals(b);
    }

    private static boolean isNumber(JsonElement value) {
        return value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
    }

    private static boolean isString(JsonElement value) {
        return value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
    }

    private static int length(JsonElement value) {
        String text = value.getAsString();
        return text.codePointCount(0, text.length());
    }

    private static int compare(JsonElement a, JsonElement b) {
        return number(a).compareTo(number(b));
    }

    private static BigDecimal number(JsonElement value) {
        return new BigDecimal(value.getAsString());
    }
}

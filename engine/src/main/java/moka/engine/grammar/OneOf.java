package moka.engine.grammar;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import moka.engine.grammar.JsonValue.JsonBoolean;
import moka.engine.grammar.JsonValue.JsonString;

/**
 * Tells whether the alternatives of a {@code oneOf} exclude each other, so that "one of them" and "exactly one of them" are the same. Where
 * that cannot be seen, a warning says that a value may satisfy two.
 */
final class OneOf {
    private static final int DEEPEST = 4; // objects within objects

    private final SchemaDocument document;

    OneOf(SchemaDocument document) {
        this.document = document;
    }

    Optional<String> warning(Schema schema, List<Schema> alternatives) {
        for (int i = 0; i < alternatives.size(); i++) {
            for (int j = i + 1; j < alternatives.size(); j++) {
                if (!exclude(alternatives.get(i), alternatives.get(j), 0)) {
                    return Optional.of("schema: " + schema.path() + "/oneOf: is taken as anyOf: alternatives " + i + " and " + j
                            + " are not seen to exclude each other");
                }
            }
        }
        return Optional.empty();
    }

    private boolean exclude(Schema left, Schema right, int depth) {
        if (depth > DEEPEST) {
            return false;
        }
        Schema a = followed(left);
        Schema b = followed(right);
        return disjoint(types(a), types(b)) || disjoint(values(a), values(b)) || keysExclude(a, b, depth) || keysExclude(b, a, depth);
    }

    /** Through plain references, but not for ever. */
    private Schema followed(Schema schema) {
        Schema at = schema;
        for (int i = 0; i < 16 && at.keyword("$ref").orElse(null) instanceof JsonString(String reference); i++) {
            at = document.resolve(at, reference);
        }
        return at;
    }

    private static <T> boolean disjoint(Set<T> a, Set<T> b) {
        return !a.isEmpty() && !b.isEmpty() && a.stream().noneMatch(b::contains);
    }

    /** Types a schema allows, of {@code type} or of its values; empty: unknown. */
    private static Set<String> types(Schema schema) {
        Set<String> types = new HashSet<>();
        JsonValue type = schema.keyword("type").orElse(null);
        if (type instanceof JsonString(String name)) {
            types.add(name.equals("integer") ? "number" : name);
        } else if (type instanceof JsonValue.JsonArray(List<JsonValue> names)) {
            names.forEach(name -> types.add(
                    name instanceof JsonString(String text) && !text.equals("integer") ? text : "number"));
        } else {
            values(schema).forEach(value -> types.add(switch (value) {
                case JsonValue.JsonObject _ -> "object";
                case JsonValue.JsonArray _ -> "array";
                case JsonString _ -> "string";
                case JsonValue.JsonNumber _ -> "number";
                case JsonBoolean _ -> "boolean";
                case JsonValue.JsonNull _ -> "null";
            }));
        }
        return types;
    }

    private static Set<JsonValue> values(Schema schema) {
        List<JsonValue> values = new ArrayList<>();
        if (schema.keyword("enum").orElse(null) instanceof JsonValue.JsonArray(List<JsonValue> listed)) {
            values.addAll(listed);
        }
        schema.keyword("const").ifPresent(values::add);
        return new HashSet<>(values);
    }

    /** Whether objects of one lack what the other asks for: a key that is required there and forbidden here, or has other values. */
    private boolean keysExclude(Schema a, Schema b, int depth) {
        if (!types(a).equals(Set.of("object")) || !types(b).equals(Set.of("object"))) {
            return false;
        }
        Map<String, Schema> keysOfA = a.schemasByName("properties");
        Map<String, Schema> keysOfB = b.schemasByName("properties");
        boolean closed = b.keyword("additionalProperties").orElse(null) instanceof JsonBoolean(boolean open) && !open;
        for (String key : a.strings("required")) {
            boolean forbidden = closed && !keysOfB.containsKey(key);
            boolean differs = keysOfA.containsKey(key)
                    && keysOfB.containsKey(key)
                    && exclude(keysOfA.get(key), keysOfB.get(key), depth + 1);
            if (forbidden || differs) {
                return true;
            }
        }
        return false;
    }
}

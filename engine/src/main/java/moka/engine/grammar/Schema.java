package moka.engine.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import moka.engine.grammar.JsonValue.JsonArray;
import moka.engine.grammar.JsonValue.JsonNumber;
import moka.engine.grammar.JsonValue.JsonObject;
import moka.engine.grammar.JsonValue.JsonString;

/**
 * A schema or subschema and where it stands. The getters check the types of keywords.
 *
 * @param path JSON pointer as a fragment, such as {@code #/properties/a}
 * @param reduced whether keywords were taken away, so that it is not what stands at the path
 */
record Schema(String path, JsonValue value, boolean reduced) {
    Schema(String path, JsonValue value) {
        this(path, value, false);
    }

    /** The value of a keyword; empty where it is absent or the schema is a boolean. */
    Optional<JsonValue> keyword(String name) {
        return value instanceof JsonObject(Map<String, JsonValue> members)
                ? Optional.ofNullable(members.get(name))
                : Optional.empty();
    }

    boolean has(String name) {
        return keyword(name).isPresent();
    }

    /** The subschema under a keyword. */
    Optional<Schema> child(String name) {
        return keyword(name).map(child -> new Schema(path + "/" + escape(name), child));
    }

    Schema requireChild(String name) {
        return child(name).orElseThrow();
    }

    Optional<String> string(String name) {
        return keyword(name).map(found -> {
            if (found instanceof JsonString(String text)) {
                return text;
            }
            throw error(name, "found " + found.kind() + ", expected a string");
        });
    }

    Optional<BigDecimal> number(String name) {
        return keyword(name).map(found -> {
            if (found instanceof JsonNumber(BigDecimal number)) {
                return number;
            }
            throw error(name, "found " + found.kind() + ", expected a number");
        });
    }

    /** A count: 0 up; more than two thousand million becomes that. */
    Optional<Integer> count(String name) {
        return number(name).map(number -> {
            if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
                throw error(name, "found " + number.toPlainString() + ", expected a whole number from 0 up");
            }
            return number.min(BigDecimal.valueOf(Integer.MAX_VALUE)).intValueExact();
        });
    }

    boolean isTrue(String name) {
        return keyword(name).map(found -> {
                    if (found instanceof JsonValue.JsonBoolean(boolean set)) {
                        return set;
                    }
                    throw error(name, "found " + found.kind() + ", expected true or false");
                })
                .orElse(false);
    }

    /** The values of an array keyword. */
    Optional<List<JsonValue>> values(String name) {
        return keyword(name).map(found -> {
            if (found instanceof JsonArray(List<JsonValue> elements)) {
                return elements;
            }
            throw error(name, "found " + found.kind() + ", expected an array");
        });
    }

    /** The schemas of an array keyword that must not be empty, such as {@code anyOf}; none where it is absent. */
    List<Schema> schemas(String name) {
        List<Schema> schemas = new ArrayList<>();
        for (JsonValue element : values(name).orElse(List.of())) {
            schemas.add(new Schema(path + "/" + escape(name) + "/" + schemas.size(), element));
        }
        if (has(name) && schemas.isEmpty()) {
            throw error(name, "found an empty array, expected schemas");
        }
        return schemas;
    }

    /** The schemas of an object keyword such as {@code properties}, by name, in order. */
    Map<String, Schema> schemasByName(String name) {
        Map<String, Schema> schemas = new LinkedHashMap<>();
        keyword(name).ifPresent(found -> {
            if (!(found instanceof JsonObject(Map<String, JsonValue> members))) {
                throw error(name, "found " + found.kind() + ", expected an object");
            }
            members.forEach((key, child) ->
                    schemas.put(key, new Schema(path + "/" + escape(name) + "/" + escape(key), child)));
        });
        return schemas;
    }

    List<String> strings(String name) {
        List<String> strings = new ArrayList<>();
        for (JsonValue element : values(name).orElse(List.of())) {
            if (!(element instanceof JsonString(String text))) {
                throw error(name, "found " + element.kind() + ", expected strings");
            }
            strings.add(text);
        }
        return strings;
    }

    /** The same schema without some keywords. */
    Schema without(Collection<String> names) {
        if (!(value instanceof JsonObject(Map<String, JsonValue> members))) {
            return this;
        }
        Map<String, JsonValue> rest = new LinkedHashMap<>(members);
        return rest.keySet().removeAll(names) ? new Schema(path, new JsonObject(rest), true) : this;
    }

    /** Whether all its keywords are among these. */
    boolean hasOnly(Set<String> names) {
        return value instanceof JsonObject(Map<String, JsonValue> members) && names.containsAll(members.keySet());
    }

    GrammarException error(String keyword, String what) {
        return new GrammarException("schema: " + path + "/" + escape(keyword) + ": " + what);
    }

    GrammarException error(String what) {
        return new GrammarException("schema: " + path + ": " + what);
    }

    static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}

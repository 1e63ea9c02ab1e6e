package moka.engine.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import moka.engine.grammar.JsonValue.JsonBoolean;
import moka.engine.grammar.JsonValue.JsonNumber;
import moka.engine.grammar.JsonValue.JsonObject;
import moka.engine.grammar.JsonValue.JsonString;
import moka.engine.grammar.NumberRanges.Bound;

/**
 * Several schemas that a value must satisfy at once, taken apart by keyword: {@code $ref} and {@code allOf} are followed, what can be
 * joined is joined, {@code anyOf} and {@code oneOf} are left for the caller to choose from.
 */
final class MergedSchema {
    /** The types of JSON; {@code integer} is a number that must be whole. */
    enum Type {
        NULL,
        BOOLEAN,
        NUMBER,
        STRING,
        ARRAY,
        OBJECT
    }

    /** Keywords that ask for what a grammar does not hold. */
    private static final List<String> REFUSED = List.of(
            "not", "if", "dependentRequired", "dependentSchemas", "dependencies", "contains", "unevaluatedItems",
            "$dynamicRef", "$recursiveRef");

    private static final Set<String> FOLLOWED = Set.of("$ref", "allOf", "anyOf", "oneOf");

    /** Keywords that ask for nothing. */
    private static final Set<String> ANNOTATIONS = Set.of(
            "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id", "id",
            "$anchor", "$vocabulary", "$defs", "definitions");

    private final SchemaDocument document;
    private final String path;
    private final Set<String> active = new LinkedHashSet<>(); // references being followed
    private final Set<String> done = new LinkedHashSet<>();

    /** Own keywords of each schema that asks for something, without those that lead to others. */
    final List<Schema> parts = new ArrayList<>();

    /** Each a list of schemas of which one must hold. */
    final List<List<Schema>> choices = new ArrayList<>();

    final List<String> warnings = new ArrayList<>();
    EnumSet<Type> types = EnumSet.allOf(Type.class);
    boolean integer;
    Optional<List<JsonValue>> values = Optional.empty(); // of enum and const

    /** Why nothing satisfies it; empty where something may. */
    String contradiction = "";

    MergedSchema(SchemaDocument document, List<Schema> schemas) {
        this.document = document;
        path = schemas.isEmpty() ? "#" : schemas.getFirst().path();
        schemas.forEach(this::add);
    }

    /** Where it stands: the path of the first schema. */
    String path() {
        return path;
    }

    private void add(Schema schema) {
        if (schema.value() instanceof JsonBoolean(boolean everything)) {
            if (!everything) {
                contradict(schema.path() + ": false allows nothing");
            }
            return;
        }
        if (!(schema.value() instanceof JsonObject)) {
            throw schema.error("found " + schema.value().kind() + ", expected a schema: an object, true or false");
        }
        if (active.contains(schema.path())) {
            throw schema.error("refers to itself");
        }
        if (!done.add(schema.path())) {
            return;
        }
        active.add(schema.path());
        addKeywords(schema);
        schema.string("$ref").ifPresent(reference -> add(document.resolve(schema, reference)));
        schema.schemas("allOf").forEach(this::add);
        active.remove(schema.path());
    }

    private void addKeywords(Schema schema) {
        for (String keyword : REFUSED) {
            if (schema.has(keyword)) {
                throw schema.error(keyword, "this keyword is not supported");
            }
        }
        for (String keyword : List.of("anyOf", "oneOf")) {
            List<Schema> alternatives = schema.schemas(keyword);
            if (!alternatives.isEmpty()) {
                choices.add(alternatives);
            }
            if (keyword.equals("oneOf")) {
                new OneOf(document).warning(schema, alternatives).ifPresent(warnings::add);
            }
        }
        Schema own = schema.without(FOLLOWED);
        if (!own.hasOnly(ANNOTATIONS)) {
            parts.add(own);
        }
        addTypes(schema);
        schema.values("enum").ifPresent(allowed -> {
            if (allowed.isEmpty()) {
                contradict(schema.path() + "/enum: has no values");
            }
            keepValues(schema, allowed);
        });
        schema.keyword("const").ifPresent(only -> keepValues(schema, List.of(only)));
    }

    private void addTypes(Schema schema) {
        JsonValue found = schema.keyword("type").orElse(null);
        if (found == null) {
            return;
        }
        if (!(found instanceof JsonString) && !(found instanceof JsonValue.JsonArray)) {
            throw schema.error("type", "found " + found.kind() + ", expected a string or an array of strings");
        }
        List<String> names = found instanceof JsonString(String name) ? List.of(name) : schema.strings("type");
        if (names.isEmpty()) {
            throw schema.error("type", "found an empty array, expected types");
        }
        EnumSet<Type> allowed = EnumSet.noneOf(Type.class);
        for (String name : names) {
            allowed.add(switch (name) {
                case "null" -> Type.NULL;
                case "boolean" -> Type.BOOLEAN;
                case "number", "integer" -> Type.NUMBER;
                case "string" -> Type.STRING;
                case "array" -> Type.ARRAY;
                case "object" -> Type.OBJECT;
                default ->
                    throw schema.error(
                            "type",
                            "found '" + name + "', expected null, boolean, integer, number, string, array or object");
            });
        }
        types.retainAll(allowed);
        integer |= names.contains("integer") && !names.contains("number");
        if (types.isEmpty()) {
            contradict(schema.path() + "/type: " + String.join(", ", names) + " leaves no type");
        }
    }

    private void keepValues(Schema schema, List<JsonValue> allowed) {
        List<JsonValue> kept = new ArrayList<>(new LinkedHashSet<>(allowed));
        values.ifPresent(kept::retainAll);
        values = Optional.of(kept);
        if (kept.isEmpty()) {
            contradict(schema.path() + ": no value is left");
        }
    }

    private void contradict(String why) {
        if (contradiction.isEmpty()) {
            contradiction = why;
        }
    }

    /** Whether a value is of an allowed type. */
    boolean allowsType(JsonValue value) {
        return switch (value) {
            case JsonValue.JsonNull _ -> types.contains(Type.NULL);
            case JsonBoolean _ -> types.contains(Type.BOOLEAN);
            case JsonNumber(BigDecimal number) ->
                types.contains(Type.NUMBER)
                        && (!integer || number.signum() == 0 || number.stripTrailingZeros().scale() <= 0);
            case JsonString _ -> types.contains(Type.STRING);
            case JsonValue.JsonArray _ -> types.contains(Type.ARRAY);
            case JsonObject _ -> types.contains(Type.OBJECT);
        };
    }

    /** The largest of a count in all schemas, such as {@code minLength}. */
    int largest(String keyword, int otherwise) {
        return parts.stream().flatMap(part -> part.count(keyword).stream()).reduce(otherwise, Math::max);
    }

    /** The smallest of a count in all schemas, such as {@code maxLength}; {@link Expression#UNBOUNDED} where none has it. */
    int smallest(String keyword) {
        return parts.stream()
                .flatMap(part -> part.count(keyword).stream())
                .min(Integer::compare)
                .orElse(Expression.UNBOUNDED);
    }

    Bound min() {
        return bound("minimum", "exclusiveMinimum", 1);
    }

    Bound max() {
        return bound("maximum", "exclusiveMaximum", -1);
    }

    private Bound bound(String inclusive, String exclusive, int sign) {
        Bound tightest = Bound.NONE;
        for (Schema part : parts) {
            for (String keyword : List.of(inclusive, exclusive)) {
                BigDecimal value = part.number(keyword).orElse(null);
                if (value == null) {
                    continue;
                }
                boolean open = keyword.equals(exclusive);
                int order = tightest.present() ? sign * value.compareTo(tightest.value()) : 1;
                if (order > 0 || (order == 0 && open)) {
                    tightest = Bound.of(value, open);
                }
            }
        }
        return tightest;
    }

    /** The schemas that have a keyword. */
    List<Schema> having(String keyword) {
        return parts.stream().filter(part -> part.has(keyword)).toList();
    }

    /** Names in {@code required} of all schemas. */
    Set<String> required() {
        Set<String> names = new LinkedHashSet<>();
        parts.forEach(part -> names.addAll(part.strings("required")));
        return Collections.unmodifiableSet(names);
    }
}

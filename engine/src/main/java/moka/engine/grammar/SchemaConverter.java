package moka.engine.grammar;

import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import moka.engine.grammar.Expression.Characters;
import moka.engine.grammar.Expression.Reference;
import moka.engine.grammar.Expression.Repeat;
import moka.engine.grammar.Expression.Text;
import moka.engine.grammar.JsonValue.JsonArray;
import moka.engine.grammar.JsonValue.JsonBoolean;
import moka.engine.grammar.JsonValue.JsonNull;
import moka.engine.grammar.JsonValue.JsonNumber;
import moka.engine.grammar.JsonValue.JsonObject;
import moka.engine.grammar.JsonValue.JsonString;
import moka.engine.grammar.MergedSchema.Type;
import moka.engine.grammar.NumberRanges.Bounds;

/**
 * Makes rules for the JSON texts that a schema (JSON Schema 2020-12; arrays in {@code items} as in draft 7) accepts. The keys of an object
 * come in the order of {@code properties}, further keys anywhere between them; everything else is as free as JSON: white space (up to
 * {@value #MOST_SPACE} characters in one place, so that a model cannot write it for ever), escapes, {@code 1.0} for an integer. What a
 * grammar cannot hold is refused with its path, or named in the warnings where it only makes the grammar looser than the schema.
 *
 * <p>A value is described by a list of schemas that all must hold; each list met becomes one rule, so recursive schemas become recursive
 * rules.
 */
final class SchemaConverter {
    static final int MOST_SPACE = 256;

    /** Counts above this are taken as no limit: no text gets there. */
    static final int MOST_COUNTED = 100_000;

    private static final int MOST_COMBINATIONS = 1000;
    private static final int MOST_RULES = 20_000;
    private static final Reference SPACE = new Reference("space");

    /** Keywords that an {@code enum} beside them is checked against. */
    private static final List<String> NARROWING = List.of(
            "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
            "format", "items", "prefixItems", "minItems", "maxItems", "properties", "required", "additionalProperties",
            "minProperties", "maxProperties", "propertyNames", "patternProperties", "unevaluatedProperties");

    private final SchemaDocument document;
    private final Map<String, Expression> rules = new LinkedHashMap<>();
    private final Map<List<String>, Reference> known = new LinkedHashMap<>();
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Set<String> warnings = new LinkedHashSet<>();
    private final JsonStrings strings = new JsonStrings(rules);
    private String contradiction = "";

    private SchemaConverter(SchemaDocument document) {
        this.document = document;
    }

    private record Pending(String rule, List<Schema> schemas) {}

    /** @throws GrammarException if the schema is malformed, asks for what is not supported, or nothing satisfies it */
    static Grammar convert(String text) {
        SchemaDocument document = new SchemaDocument(JsonReader.read(text));
        return new SchemaConverter(document).grammar(List.of(document.schema()));
    }

    private Grammar grammar(List<Schema> schemas) {
        Expression space = new Characters(CodePoints.anyOf(" \t\n\r"));
        rules.put("space", new Repeat(space, 0, MOST_SPACE));
        rules.put("root", Expression.sequence(SPACE, value(schemas), SPACE));
        while (!pending.isEmpty()) {
            Pending next = pending.pop();
            rules.put(next.rule, convert(next.schemas));
        }
        try {
            return Grammar.ofRules(rules, List.copyOf(warnings));
        } catch (UnmatchableException e) {
            throw new UnsatisfiableException("schema: no text satisfies it"
                    + (contradiction.isEmpty() ? ": its values never end" : ": " + contradiction));
        }
    }

    /** A value that all schemas accept, as a rule; nothing to hold is any value. */
    Reference value(List<Schema> schemas) {
        List<String> key = schemas.stream()
                .map(schema -> schema.reduced() ? schema.path() + "!" : schema.path())
                .sorted()
                .distinct()
                .toList();
        Reference rule = known.get(key);
        if (rule == null) {
            if (known.size() == MOST_RULES) {
                throw schemas.getLast().error("alternatives within alternatives come to more than " + MOST_RULES + " combinations");
            }
            rule = new Reference(known.size() + " " + String.join(" ", key));
            known.put(key, rule);
            pending.push(new Pending(rule.rule(), schemas));
        }
        return rule;
    }

    Reference space() {
        return SPACE;
    }

    JsonStrings strings() {
        return strings;
    }

    /** A number for the names of rules. */
    int newNumber() {
        return rules.size();
    }

    /** A schema that strings satisfy. */
    Schema stringSchema() {
        return new Schema("(string)", new JsonObject(Map.of("type", new JsonString("string"))));
    }

    void addRule(String name, Expression body) {
        rules.put(name, body);
    }

    /** Remembers why something is impossible, for the case that it is all impossible in the end. */
    Expression nothing(String why) {
        contradiction = contradiction.isEmpty() ? why : contradiction;
        return Expression.NOTHING;
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    /** A maximum as far as it is counted. */
    int counted(int max, MergedSchema schema, String keyword) {
        if (max > MOST_COUNTED) {
            warn("schema: " + schema.having(keyword).getFirst().path() + "/" + keyword + ": more than " + MOST_COUNTED
                    + " are not counted");
            return Expression.UNBOUNDED;
        }
        return max;
    }

    private Expression convert(List<Schema> schemas) {
        MergedSchema merged = new MergedSchema(document, schemas);
        warnings.addAll(merged.warnings);
        if (!merged.contradiction.isEmpty()) {
            return nothing(merged.contradiction);
        }
        if (!merged.choices.isEmpty()) {
            return alternatives(merged);
        }
        if (merged.values.isPresent()) {
            return listed(merged, merged.values.get());
        }
        List<Expression> byType = new ArrayList<>();
        for (Type type : merged.types) {
            byType.add(ofType(merged, type));
        }
        return Expression.choice(byType);
    }

    /** One alternative of each {@code anyOf} and {@code oneOf}, in all combinations, together with the keywords beside them. */
    private Expression alternatives(MergedSchema merged) {
        List<List<Schema>> combinations = List.of(merged.parts);
        for (List<Schema> choice : merged.choices) {
            List<List<Schema>> longer = new ArrayList<>();
            for (List<Schema> combination : combinations) {
                for (Schema alternative : choice) {
                    List<Schema> picked = new ArrayList<>(combination);
                    picked.add(alternative);
                    longer.add(picked);
                }
            }
            if (longer.size() > MOST_COMBINATIONS) {
                throw choice.getFirst().error("more than " + MOST_COMBINATIONS + " combinations of alternatives");
            }
            combinations = longer;
        }
        return Expression.choice(combinations.stream()
                .map(picked -> (Expression) value(picked))
                .toList());
    }

    private Expression listed(MergedSchema merged, List<JsonValue> values) {
        List<JsonValue> allowed = values.stream().filter(merged::allowsType).toList();
        if (NARROWING.stream().anyMatch(keyword -> !merged.having(keyword).isEmpty())) {
            allowed = accepted(merged, allowed);
        }
        if (allowed.isEmpty()) {
            return nothing(merged.path() + ": no value of enum or const satisfies the rest");
        }
        return Expression.choice(allowed.stream().map(this::literal).toList());
    }

    /** Those values that the keywords beside them accept: by a grammar of its own for these and the usual writing of each value. */
    private List<JsonValue> accepted(MergedSchema merged, List<JsonValue> values) {
        List<Schema> rest =
                merged.parts.stream().map(part -> part.without(List.of("enum", "const"))).toList();
        try {
            Grammar grammar = new SchemaConverter(document).grammar(rest);
            return values.stream().filter(value -> grammar.accepts(JsonWriter.write(value))).toList();
        } catch (UnsatisfiableException e) {
            return List.of();
        }
    }

    private Expression literal(JsonValue value) {
        return switch (value) {
            case JsonNull _ -> new Text("null");
            case JsonBoolean(boolean set) -> new Text(set ? "true" : "false");
            case JsonNumber(BigDecimal number) -> NumberRanges.literal(number);
            case JsonString(String text) -> strings.literal(text);
            case JsonArray(List<JsonValue> elements) -> {
                List<Expression> parts = new ArrayList<>(List.of(new Text("["), SPACE));
                for (int i = 0; i < elements.size(); i++) {
                    parts.addAll(i > 0 ? List.of(new Text(","), SPACE) : List.of());
                    parts.addAll(List.of(literal(elements.get(i)), SPACE));
                }
                parts.add(new Text("]"));
                yield new Expression.Sequence(parts);
            }
            case JsonObject(Map<String, JsonValue> members) -> {
                List<Expression> parts = new ArrayList<>(List.of(new Text("{"), SPACE));
                members.forEach((key, member) -> {
                    parts.addAll(parts.size() > 2 ? List.of(new Text(","), SPACE) : List.of());
                    parts.addAll(List.of(strings.literal(key), SPACE, new Text(":"), SPACE, literal(member), SPACE));
                });
                parts.add(new Text("}"));
                yield new Expression.Sequence(parts);
            }
        };
    }

    private Expression ofType(MergedSchema merged, Type type) {
        return switch (type) {
            case NULL -> new Text("null");
            case BOOLEAN -> Expression.choice(new Text("true"), new Text("false"));
            case NUMBER -> number(merged);
            case STRING -> string(merged);
            case ARRAY -> new SchemaArrays(this).convert(merged);
            case OBJECT -> new SchemaObjects(this).convert(merged);
        };
    }

    private Expression number(MergedSchema merged) {
        Bounds bounds = new Bounds(merged.integer, merged.min(), merged.max());
        List<Schema> multiples = merged.having("multipleOf");
        if (!multiples.isEmpty()) {
            return multiples(multiples, bounds);
        }
        if (bounds.min().present() && bounds.max().present()) {
            int order = bounds.min().value().compareTo(bounds.max().value());
            if (order > 0 || (order == 0 && (bounds.min().exclusive() || bounds.max().exclusive()))) {
                return nothing(merged.path() + ": no number lies between the minimum "
                        + bounds.min().value().toPlainString() + " and the maximum "
                        + bounds.max().value().toPlainString());
            }
        }
        return NumberRanges.of(bounds);
    }

    private Expression multiples(List<Schema> schemas, Bounds bounds) {
        Schema schema = schemas.getFirst();
        BigDecimal step = schema.number("multipleOf").orElseThrow().stripTrailingZeros();
        if (step.signum() <= 0) {
            throw schema.error("multipleOf", "found " + step.toPlainString() + ", expected a number above 0");
        }
        boolean powerOfTen = step.unscaledValue().equals(java.math.BigInteger.ONE);
        if (schemas.size() > 1 || !powerOfTen || step.scale() < 0 || bounds.min().present() || bounds.max().present()) {
            throw schema.error("multipleOf", "only 1, 0.1, 0.01 and so on are supported, without bounds");
        }
        return NumberRanges.withDecimals(bounds.integer() ? 0 : step.scale());
    }

    private Expression string(MergedSchema merged) {
        int min = merged.largest("minLength", 0);
        int max = counted(merged.smallest("maxLength"), merged, "maxLength");
        if (max != Expression.UNBOUNDED && min > max) {
            return nothing(merged.having("minLength").getFirst().path() + "/minLength: " + min + " is above maxLength " + max);
        }
        if (min > MOST_COUNTED) {
            throw merged.having("minLength").getFirst().error("minLength", "more than " + MOST_COUNTED + " is not supported");
        }
        List<Expression> patterns = new ArrayList<>();
        for (Schema part : merged.parts) {
            part.string("pattern").ifPresent(pattern -> patterns.add(PatternParser.parse(pattern, part.path() + "/pattern")));
            part.string("format")
                    .ifPresent(format -> Formats.pattern(format)
                            .ifPresentOrElse(
                                    pattern -> patterns.add(PatternParser.parse(pattern, part.path() + "/format")),
                                    () -> warn("schema: " + part.path() + "/format: '" + format + "' is not checked")));
        }
        boolean anyLength = min == 0 && max == Expression.UNBOUNDED;
        if (patterns.isEmpty()) {
            return anyLength ? strings.any() : strings.ofLength(min, max);
        }
        if (patterns.size() == 1 && anyLength) {
            return strings.matching(patterns.getFirst());
        }
        return strings.matchingAll(patterns, min, max, merged.path());
    }
}

package moka.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import moka.engine.grammar.Expression.Reference;
import moka.engine.grammar.Expression.Repeat;
import moka.engine.grammar.Expression.Text;
import moka.engine.grammar.JsonValue.JsonBoolean;

/**
 * Objects of a schema. The keys of {@code properties} come in their order, required ones and those of the optional ones that are there;
 * keys beyond them, where {@code additionalProperties} leaves some, stand anywhere between. Two chains of rules do it: {@code pick i} is
 * property i, or a later one where those between are optional, and the rest; {@code more i} is the comma before it, or the end.
 */
final class SchemaObjects {
    private final SchemaConverter converter;

    SchemaObjects(SchemaConverter converter) {
        this.converter = converter;
    }

    /** @param member {@code "key": value}, spaces included */
    private record Property(String name, Expression member, boolean required) {}

    Expression convert(MergedSchema merged) {
        refuseUnsupported(merged);
        List<Schema> parts = merged.parts;
        List<Map<String, Schema>> declared =
                parts.stream().map(part -> part.schemasByName("properties")).toList();
        List<Optional<Schema>> additional = parts.stream().map(SchemaObjects::additional).toList();
        Set<String> required = merged.required();
        Map<String, List<Schema>> properties = new LinkedHashMap<>();
        declared.forEach(names -> names.keySet().forEach(name -> properties.put(name, new ArrayList<>())));
        required.forEach(name -> properties.putIfAbsent(name, new ArrayList<>()));
        properties.forEach((name, schemas) -> {
            for (int i = 0; i < parts.size(); i++) {
                Schema own = declared.get(i).get(name);
                Optional<Schema> schema = own != null ? Optional.of(own) : additional.get(i);
                schema.ifPresent(schemas::add);
            }
        });
        List<Property> list = new ArrayList<>();
        properties.forEach((name, schemas) -> list.add(
                new Property(name, member(converter.strings().literal(name), schemas), required.contains(name))));
        Optional<Expression> others = others(merged, properties.keySet(), additional);
        return Expression.sequence(new Text("{"), converter.space(), content(merged, list, others), new Text("}"));
    }

    private static void refuseUnsupported(MergedSchema merged) {
        for (Schema part : merged.parts) {
            if (!part.schemasByName("patternProperties").isEmpty()) {
                throw part.error("patternProperties", "this keyword is not supported");
            }
            if (part.has("unevaluatedProperties") && merged.parts.size() > 1) {
                throw part.error("unevaluatedProperties", "this keyword is not supported beside other schemas");
            }
        }
    }

    /** The schema of keys that are not declared; empty: anything. */
    private static Optional<Schema> additional(Schema schema) {
        Optional<Schema> found =
                schema.has("additionalProperties") ? schema.child("additionalProperties") : schema.child("unevaluatedProperties");
        found.ifPresent(child -> {
            if (!(child.value() instanceof JsonBoolean) && !(child.value() instanceof JsonValue.JsonObject)) {
                throw child.error("found " + child.value().kind() + ", expected a schema: an object, true or false");
            }
        });
        return found;
    }

    private Expression member(Expression key, List<Schema> schemas) {
        return Expression.sequence(
                key, converter.space(), new Text(":"), converter.space(), converter.value(schemas), converter.space());
    }

    /** A member with a key beyond the declared ones; empty where there may be none. */
    private Optional<Expression> others(MergedSchema merged, Set<String> declared, List<Optional<Schema>> additional) {
        List<Schema> schemas = additional.stream().flatMap(Optional::stream).toList();
        if (schemas.stream().anyMatch(schema -> schema.value() instanceof JsonBoolean(boolean any) && !any)) {
            return Optional.empty();
        }
        List<Schema> names = merged.having("propertyNames");
        if (names.isEmpty()) {
            return Optional.of(member(converter.strings().except(declared), schemas));
        }
        if (!declared.isEmpty()) {
            throw names.getFirst().error("propertyNames", "this keyword is not supported beside properties and required");
        }
        List<Schema> keySchemas = new ArrayList<>(List.of(converter.stringSchema()));
        names.forEach(schema -> keySchemas.add(schema.requireChild("propertyNames")));
        return Optional.of(member(converter.value(keySchemas), schemas));
    }

    private Expression content(MergedSchema merged, List<Property> properties, Optional<Expression> others) {
        int min = merged.largest("minProperties", 0);
        int max = converter.counted(merged.smallest("maxProperties"), merged, "maxProperties");
        if (max != Expression.UNBOUNDED && min > max) {
            return converter.nothing(merged.having("minProperties").getFirst().path() + "/minProperties: " + min
                    + " is above maxProperties " + max);
        }
        if (properties.isEmpty()) {
            return others.map(member -> members(member, min, max))
                    .orElseGet(() -> min > 0
                            ? converter.nothing(merged.path() + ": no key is allowed but minProperties is " + min)
                            : Expression.EMPTY);
        }
        long required = properties.stream().filter(Property::required).count();
        if (min > required) {
            throw merged.having("minProperties").getFirst().error(
                    "minProperties", "beside properties only up to the number of required ones (" + required + ") is supported");
        }
        if (max != Expression.UNBOUNDED && (others.isPresent() || max < properties.size())) {
            throw merged.having("maxProperties").getFirst().error(
                    "maxProperties", "beside properties only where it excludes none of them is supported");
        }
        return chain(properties, others);
    }

    private Expression members(Expression member, int min, int max) {
        if (max == 0) {
            return Expression.EMPTY;
        }
        int more = max == Expression.UNBOUNDED ? max : max - 1;
        Expression some = Expression.sequence(member, new Repeat(afterComma(member), Math.max(0, min - 1), more));
        return min == 0 ? Expression.optional(some) : some;
    }

    private Expression chain(List<Property> properties, Optional<Expression> others) {
        String prefix = "object " + converter.newNumber();
        int count = properties.size();
        for (int i = 0; i <= count; i++) {
            List<Expression> picks = new ArrayList<>();
            if (i < count) {
                Property property = properties.get(i);
                picks.add(Expression.sequence(property.member, new Reference(prefix + " more " + (i + 1))));
                if (!property.required) {
                    picks.add(new Reference(prefix + " pick " + (i + 1)));
                }
            }
            converter.addRule(prefix + " pick " + i, Expression.choice(picks));
            Expression more = afterComma(next(prefix, i, others));
            boolean mayEnd = properties.subList(i, count).stream().noneMatch(Property::required);
            converter.addRule(prefix + " more " + i, mayEnd ? Expression.optional(more) : more);
        }
        Expression first = next(prefix, 0, others);
        return properties.stream().noneMatch(Property::required) ? Expression.optional(first) : first;
    }

    /** The next member and all after it, where the properties from {@code i} on have not been written yet. */
    private static Expression next(String prefix, int i, Optional<Expression> others) {
        Reference pick = new Reference(prefix + " pick " + i);
        return others.map(member ->
                        Expression.choice(pick, Expression.sequence(member, new Reference(prefix + " more " + i))))
                .orElse(pick);
    }

    private Expression afterComma(Expression member) {
        return Expression.sequence(new Text(","), converter.space(), member);
    }
}

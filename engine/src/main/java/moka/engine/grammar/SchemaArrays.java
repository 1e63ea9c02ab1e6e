package moka.engine.grammar;

import java.util.ArrayList;
import java.util.List;
import moka.engine.grammar.Expression.Reference;
import moka.engine.grammar.Expression.Repeat;
import moka.engine.grammar.Expression.Text;
import moka.engine.grammar.JsonValue.JsonArray;
import moka.engine.grammar.JsonValue.JsonBoolean;

/** Arrays of a schema: {@code prefixItems}, {@code items}, {@code minItems}, {@code maxItems}. */
final class SchemaArrays {
    private final SchemaConverter converter;

    SchemaArrays(SchemaConverter converter) {
        this.converter = converter;
    }

    /** What one schema says of elements. @param rest of those after the first ones; empty: anything */
    private record Elements(List<Schema> first, List<Schema> rest) {
        List<Schema> at(int index) {
            return index < first.size() ? List.of(first.get(index)) : rest;
        }
    }

    Expression convert(MergedSchema merged) {
        List<Elements> elements = merged.parts.stream().map(SchemaArrays::elements).toList();
        int min = merged.largest("minItems", 0);
        int max = converter.counted(merged.smallest("maxItems"), merged, "maxItems");
        int listed = elements.stream().mapToInt(part -> part.first.size()).max().orElse(0);
        if (max != Expression.UNBOUNDED && min > max) {
            return converter.nothing(
                    merged.having("minItems").getFirst().path() + "/minItems: " + min + " is above maxItems " + max);
        }
        if (min > SchemaConverter.MOST_COUNTED) {
            throw merged.having("minItems").getFirst().error("minItems", "more than " + SchemaConverter.MOST_COUNTED + " is not supported");
        }
        for (Schema part : merged.parts) {
            if (part.isTrue("uniqueItems")) {
                converter.warn("schema: " + part.path() + "/uniqueItems: is not enforced");
            }
        }
        Expression content = listed == 0 ? repeated(element(elements, 0), min, max) : tuple(elements, listed, min, max);
        return Expression.sequence(new Text("["), converter.space(), content, new Text("]"));
    }

    private static Elements elements(Schema schema) {
        JsonValue items = schema.keyword("items").orElse(null);
        if (schema.has("prefixItems")) {
            return new Elements(schema.schemas("prefixItems"), schema.child("items").stream().toList());
        }
        if (items instanceof JsonArray) { // draft 7
            return new Elements(schema.schemas("items"), schema.child("additionalItems").stream().toList());
        }
        return new Elements(List.of(), schema.child("items").stream().toList());
    }

    /** An element and the space after it. */
    private Expression element(List<Elements> elements, int index) {
        List<Schema> schemas = new ArrayList<>();
        for (Elements part : elements) {
            schemas.addAll(part.at(index));
        }
        boolean none = schemas.stream().anyMatch(schema -> schema.value() instanceof JsonBoolean(boolean any) && !any);
        return none ? Expression.NOTHING : Expression.sequence(converter.value(schemas), converter.space());
    }

    private Expression repeated(Expression element, int min, int max) {
        if (max == 0) {
            return Expression.EMPTY;
        }
        int more = max == Expression.UNBOUNDED ? max : max - 1;
        Expression some = Expression.sequence(element, new Repeat(afterComma(element), Math.max(0, min - 1), more));
        return min == 0 ? Expression.optional(some) : some;
    }

    /** First elements with schemas of their own, then any number of alike ones: a rule for each length reached. */
    private Expression tuple(List<Elements> elements, int listed, int min, int max) {
        String prefix = "tuple " + converter.newNumber() + " from ";
        int end = max == Expression.UNBOUNDED ? listed : Math.min(listed, max);
        for (int i = 0; i <= end; i++) {
            List<Expression> alternatives = new ArrayList<>();
            if (i >= min) {
                alternatives.add(Expression.EMPTY);
            }
            if (i < end) {
                Expression element = element(elements, i);
                Expression next = i == 0 ? element : afterComma(element);
                alternatives.add(Expression.sequence(next, new Reference(prefix + (i + 1))));
            } else if (max == Expression.UNBOUNDED || max > end) {
                int more = max == Expression.UNBOUNDED ? max : max - end;
                Expression rest = afterComma(element(elements, end));
                alternatives.add(new Repeat(rest, Math.max(1, min - end), more));
            }
            converter.addRule(prefix + i, Expression.choice(alternatives));
        }
        return new Reference(prefix + 0);
    }

    private Expression afterComma(Expression element) {
        return Expression.sequence(new Text(","), converter.space(), element);
    }
}

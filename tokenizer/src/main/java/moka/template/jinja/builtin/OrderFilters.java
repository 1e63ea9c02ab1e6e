package moka.template.jinja.builtin;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.DictView;
import moka.template.jinja.value.Generator;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Keys;
import moka.template.jinja.value.Letters;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Operators;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** Filters that order, group or add up; texts are compared without case unless told otherwise. */
final class OrderFilters {
    private OrderFilters() {}

    static Value apply(String name, Value input, Arguments arguments, Run run) {
        switch (name) {
            case "sort" -> {
                var bound = arguments.bind("sort", 0, "reverse", "case_sensitive", "attribute");
                var sorted = sorted(input.elements(run), new KeyOf(bound[2], isTrue(bound[1]), null, true), isTrue(bound[0]), run);
                return Sequence.list(sorted.stream().map(Keyed::value).toList());
            }
            case "dictsort" -> {
                var bound = arguments.bind("dictsort", 0, "case_sensitive", "by", "reverse");
                return dictSort(input, isTrue(bound[0]), bound[1], isTrue(bound[2]), run);
            }
            case "min", "max" -> {
                var bound = arguments.bind(name, 0, "case_sensitive", "attribute");
                return extreme(input, new KeyOf(bound[1], isTrue(bound[0]), null, false), name.equals("max"), run);
            }
            case "sum" -> {
                var bound = arguments.bind("sum", 0, "attribute", "start");
                return sum(input, new KeyOf(bound[0], true, null, false), bound[1] == null ? IntegerValue.of(0) : bound[1], run);
            }
            case "unique" -> {
                var bound = arguments.bind("unique", 0, "case_sensitive", "attribute");
                var key = new KeyOf(bound[1], isTrue(bound[0]), null, false);
                return new Generator("generator object do_unique", () -> unique(input, key, run));
            }
            default -> {
                var bound = arguments.bind("groupby", 1, "attribute", "default", "case_sensitive");
                return groupBy(input, bound[0], bound[1], isTrue(bound[2]), run);
            }
        }
    }

    private static boolean isTrue(@Nullable Value argument) {
        return argument != null && argument.isTrue();
    }

    private record Keyed(Value key, Value value) {}

    /** What an element is compared by. */
    private record KeyOf(@Nullable Value attribute, boolean caseSensitive, @Nullable Value otherwise, boolean several) {
        Value get(Value element, Run run) {
            run.step();
            if (attribute == null || attribute == NoneValue.NONE) {
                return folded(element, run);
            }
            if (several) {
                // A list even of one, as in the reference: missing attributes are then equal and do not fail.
                var keys = new ArrayList<Value>();
                for (AttributePath path : AttributePath.several(attribute)) {
                    keys.add(folded(path.get(element, otherwise, run), run));
                }
                return Sequence.list(keys);
            }
            return folded(AttributePath.of(attribute).get(element, otherwise, run), run);
        }

        private Value folded(Value value, Run run) {
            if (caseSensitive || !(value instanceof Text text)) {
                return value;
            }
            run.charge(text.chars().length());
            return Letters.lower(text);
        }
    }

    private static List<Keyed> sorted(List<Value> elements, KeyOf keyOf, boolean reverse, Run run) {
        run.charge(8L * elements.size());
        var keyed = new ArrayList<Keyed>(elements.size());
        for (Value element : elements) {
            keyed.add(new Keyed(keyOf.get(element, run), element));
        }
        // Python compares a later element with an earlier one, which shows in messages; reversed sorting keeps equals in order.
        Comparator<Keyed> order = (a, b) -> {
            run.step();
            int compared = Operators.compare("<", a.key, b.key, run);
            return compared == 2 ? 0 : compared;
        };
        try {
            keyed.sort(reverse ? order.reversed() : order);
        } catch (IllegalArgumentException inconsistent) {
            throw JinjaException.value("the values cannot be sorted: some have no order among each other");
        }
        return keyed;
    }

    private static Value dictSort(Value input, boolean caseSensitive, @Nullable Value by, boolean reverse, Run run) {
        String part = by == null ? "key" : by.text(run).chars();
        if (!part.equals("key") && !part.equals("value")) {
            throw JinjaException.runtime("You can only sort by either \"key\" or \"value\"");
        }
        if (input instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(input instanceof Dict dict)) {
            throw new JinjaException(
                    JinjaException.Kind.UNDEFINED, "'" + input.typeName() + "' object has no attribute 'items'");
        }
        List<Value> pairs = new DictView(dict, DictView.Part.ITEMS).elements(run);
        var keyOf = new KeyOf(IntegerValue.of(part.equals("key") ? 0 : 1), caseSensitive, null, false);
        return Sequence.list(sorted(pairs, keyOf, reverse, run).stream().map(Keyed::value).toList());
    }

    private static Value extreme(Value input, KeyOf keyOf, boolean greatest, Run run) {
        List<Value> elements = input.elements(run);
        if (elements.isEmpty()) {
            return new Undefined("No aggregated item, sequence was empty.");
        }
        Value best = elements.getFirst();
        Value bestKey = keyOf.get(best, run);
        for (Value element : elements.subList(1, elements.size())) {
            Value key = keyOf.get(element, run);
            if (Operators.ordered(greatest ? ">" : "<", key, bestKey, run)) {
                best = element;
                bestKey = key;
            }
        }
        return best;
    }

    private static Value sum(Value input, KeyOf keyOf, Value start, Run run) {
        if (start instanceof Text) {
            throw JinjaException.type("sum() can't sum strings [use ''.join(seq) instead]");
        }
        Value total = start;
        for (Value element : input.elements(run)) {
            total = Operators.add(total, keyOf.get(element, run), run);
        }
        return total;
    }

    private static List<Value> unique(Value input, KeyOf keyOf, Run run) {
        var seen = new HashSet<Object>();
        var unique = new ArrayList<Value>();
        for (Value element : input.elements(run)) {
            run.charge(16);
            if (seen.add(Keys.of(keyOf.get(element, run)))) {
                unique.add(element);
            }
        }
        return unique;
    }

    private static Value groupBy(Value input, Value attribute, @Nullable Value otherwise, boolean caseSensitive, Run run) {
        Value whenMissing = otherwise == NoneValue.NONE ? null : otherwise;
        var sorted = sorted(input.elements(run), new KeyOf(attribute, caseSensitive, whenMissing, false), false, run);
        var asWritten = new KeyOf(attribute, true, whenMissing, false);
        var groups = new ArrayList<Value>();
        for (int begin = 0, end; begin < sorted.size(); begin = end) {
            var members = new ArrayList<Value>();
            for (end = begin; end < sorted.size() && Operators.equal(sorted.get(end).key, sorted.get(begin).key, run); end++) {
                members.add(sorted.get(end).value);
            }
            run.charge(16);
            groups.add(Sequence.group(asWritten.get(members.getFirst(), run), Sequence.list(members)));
        }
        return Sequence.list(groups);
    }
}

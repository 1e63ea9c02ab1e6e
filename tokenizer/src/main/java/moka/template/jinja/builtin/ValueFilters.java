package moka.template.jinja.builtin;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.DictView;
import moka.template.jinja.value.Generator;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Members;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Operators;
import moka.template.jinja.value.RangeValue;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Slice;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;

/** Filters on values of any type. */
final class ValueFilters {
    private ValueFilters() {}

    static Value apply(String name, Value input, Arguments arguments, Run run) {
        switch (name) {
            case "default", "d" -> {
                var bound = arguments.bind("default", 0, "default_value", "boolean");
                boolean missing = input instanceof Undefined || bound[1] != null && bound[1].isTrue() && !input.isTrue();
                return !missing ? input : bound[0] == null ? Text.EMPTY : bound[0];
            }
            case "attr" -> {
                var bound = arguments.bind("attr", 1, "name");
                return Members.attributeOnly(input, bound[0].text(run).chars(), run);
            }
            default -> arguments.bind(name, 0);
        }
        return switch (name) {
            case "length", "count" -> {
                run.steps(input instanceof Text text ? text.chars().length() >> 6 : 0);
                yield IntegerValue.of(input.length());
            }
            case "list" -> {
                List<Value> elements = input.elements(run);
                run.charge((input instanceof RangeValue ? 8L : 1L) * elements.size());
                yield Sequence.list(elements);
            }
            case "first" -> {
                if (input instanceof Text text && text.isTrue()) {
                    yield text.part(0, Character.charCount(text.chars().codePointAt(0))).asPlain();
                }
                List<Value> elements = input.elements(run);
                yield elements.isEmpty() ? new Undefined("No first item, sequence was empty.") : elements.getFirst();
            }
            case "last" -> {
                if (input instanceof Generator) {
                    throw JinjaException.type("'" + input.typeName() + "' object is not reversible");
                }
                if (input instanceof Text text && text.isTrue()) {
                    int end = text.chars().length();
                    yield text.part(end - Character.charCount(text.chars().codePointBefore(end)), end).asPlain();
                }
                List<Value> elements = input.elements(run);
                yield elements.isEmpty() ? new Undefined("No last item, sequence was empty.") : elements.getLast();
            }
            case "random" -> {
                List<Value> elements = input.elements(run);
                yield elements.isEmpty()
                        ? new Undefined("No random item, sequence was empty.")
                        : elements.get(new SplittableRandom(elements.size()).nextInt(elements.size()));
            }
            case "reverse" -> reverse(input, run);
            case "items" -> items(input, run);
            default -> {
                var out = new TextBuilder(run);
                sorted(input, run).repr(out);
                yield out.toText();
            }
        };
    }

    private static Value reverse(Value input, Run run) {
        if (input instanceof Text text) {
            var none = NoneValue.NONE;
            return text.slice(new Slice(none, none, IntegerValue.of(-1)), run);
        }
        if (!input.isIterable()) {
            throw JinjaException.runtime("argument must be iterable");
        }
        return new Generator(input instanceof Sequence ? "list_reverseiterator" : "reversed", () -> {
            List<Value> elements = input.elements(run);
            run.charge(elements.size());
            return List.copyOf(elements.reversed());
        });
    }

    private static Value items(Value input, Run run) {
        return new Generator("generator object do_items", () -> {
            if (input instanceof Undefined) {
                return List.of();
            }
            if (!(input instanceof Dict dict)) {
                throw JinjaException.type("Can only get item pairs from a mapping.");
            }
            return new DictView(dict, DictView.Part.ITEMS).elements(run);
        });
    }

    /** A copy with the keys of dicts in order, as {@code pprint} shows them. */
    private static Value sorted(Value value, Run run) {
        run.enter(1);
        Value result = value;
        if (value instanceof Dict dict) {
            var entries = new ArrayList<>(dict.entries());
            entries.sort((a, b) -> a.key() instanceof Text && b.key() instanceof Text ? Operators.compare("<", a.key(), b.key(), run) : 0);
            Dict ordered = Dict.own();
            for (Dict.Entry entry : entries) {
                run.charge(16);
                ordered.put(entry.key(), sorted(entry.value(), run));
            }
            result = ordered;
        } else if (value instanceof Sequence sequence) {
            run.charge(16 + 2L * sequence.length());
            var elements = new ArrayList<Value>(sequence.length());
            for (Value element : sequence.values()) {
                elements.add(sorted(element, run));
            }
            result = sequence.isTuple() ? Sequence.tuple(elements) : Sequence.list(elements);
        }
        run.leave(1);
        return result;
    }
}

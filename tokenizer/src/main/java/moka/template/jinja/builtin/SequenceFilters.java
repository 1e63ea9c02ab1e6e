package moka.template.jinja.builtin;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.Generator;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Markup;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Numbers;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Value;

/** Filters that visit the elements of their input one by one. */
final class SequenceFilters {
    private SequenceFilters() {}

    static Value apply(String name, Value input, Arguments arguments, Run run) {
        return switch (name) {
            case "join" -> join(input, arguments, run);
            case "map" -> new Generator("generator object sync_do_map", () -> map(input, arguments, run));
            case "select", "reject" ->
                new Generator("generator object select_or_reject", () -> select(input, arguments, name.equals("select"), run));
            case "selectattr", "rejectattr" ->
                new Generator("generator object select_or_reject", () -> selectByAttribute(input, arguments, name.equals("selectattr"), run));
            case "batch" -> {
                var bound = arguments.bind("batch", 1, "linecount", "fill_with");
                Value fill = bound[1] == null ? NoneValue.NONE : bound[1];
                yield new Generator("generator object do_batch", () -> batch(input, Numbers.longArgument(bound[0]), fill, run));
            }
            default -> {
                var bound = arguments.bind("slice", 1, "slices", "fill_with");
                Value fill = bound[1] == null ? NoneValue.NONE : bound[1];
                yield new Generator("generator object sync_do_slice", () -> slice(input, Numbers.longArgument(bound[0]), fill, run));
            }
        };
    }

    private static Value join(Value input, Arguments arguments, Run run) {
        var bound = arguments.bind("join", 0, "d", "attribute");
        Text separator = bound[0] == null ? Text.EMPTY : bound[0].text(run);
        List<Value> elements = input.elements(run);
        boolean byAttribute = bound[1] != null && bound[1] != NoneValue.NONE;
        var path = byAttribute ? AttributePath.of(bound[1]) : null;
        var out = new TextBuilder(run);
        boolean markup = run.autoescape();
        boolean first = true;
        for (Value element : elements) {
            run.step();
            if (!first) {
                out.append(markup ? Markup.escape(separator, run) : separator);
            }
            first = false;
            Value joined = path == null ? element : path.get(element, run);
            out.append(markup ? Markup.escape(joined.text(run), run) : joined.text(run));
        }
        return markup ? out.toText().asMarkup() : out.toText();
    }

    private static List<Value> map(Value input, Arguments arguments, Run run) {
        var mapped = new ArrayList<Value>();
        if (!input.isTrue()) {
            // As in the reference, nothing is made of none, too, and the arguments are not looked at.
            return mapped;
        }
        if (arguments.positionalCount() == 0 && arguments.named("attribute") instanceof Value attribute) {
            var path = AttributePath.of(attribute);
            Value otherwise = arguments.named("default");
            for (int i = 0; i < arguments.namedCount(); i++) {
                if (!arguments.name(i).equals("attribute") && !arguments.name(i).equals("default")) {
                    throw JinjaException.runtime("Unexpected keyword argument '" + arguments.name(i) + "'");
                }
            }
            for (Value element : input.elements(run)) {
                run.charge(8);
                mapped.add(path.get(element, otherwise, run));
            }
            return mapped;
        }
        if (arguments.positionalCount() == 0) {
            throw JinjaException.runtime("map requires a filter argument");
        }
        String filter = arguments.positional(0).text(run).chars();
        Arguments rest = arguments.drop(1);
        if (!Filters.exist(filter)) {
            throw JinjaException.runtime("No filter named '" + filter + "'.");
        }
        for (Value element : input.elements(run)) {
            run.charge(8);
            mapped.add(Filters.apply(filter, element, rest, run));
        }
        return mapped;
    }

    private static List<Value> select(Value input, Arguments arguments, boolean wanted, Run run) {
        var selected = new ArrayList<Value>();
        if (!input.isTrue()) {
            return selected;
        }
        for (Value element : input.elements(run)) {
            run.charge(8);
            if (test(element, arguments, 0, run) == wanted) {
                selected.add(element);
            }
        }
        return selected;
    }

    private static List<Value> selectByAttribute(Value input, Arguments arguments, boolean wanted, Run run) {
        if (!input.isTrue()) {
            return new ArrayList<>();
        }
        if (arguments.positionalCount() == 0) {
            throw JinjaException.runtime("Missing parameter for attribute name");
        }
        var path = AttributePath.of(arguments.positional(0));
        var selected = new ArrayList<Value>();
        for (Value element : input.elements(run)) {
            run.charge(8);
            if (test(path.get(element, run), arguments, 1, run) == wanted) {
                selected.add(element);
            }
        }
        return selected;
    }

    /** The test that stands at a place among the arguments; truth if there is none. */
    private static boolean test(Value value, Arguments arguments, int at, Run run) {
        if (arguments.positionalCount() <= at) {
            return value.isTrue();
        }
        return Tests.apply(arguments.positional(at).text(run).chars(), value, arguments.drop(at + 1), run);
    }

    private static List<Value> batch(Value input, long size, Value fill, Run run) {
        var batches = new ArrayList<Value>();
        var batch = new ArrayList<Value>();
        for (Value element : input.elements(run)) {
            run.charge(8);
            if (batch.size() == size) {
                batches.add(Sequence.list(batch));
                batch.clear();
            }
            batch.add(element);
        }
        if (!batch.isEmpty()) {
            if (fill != NoneValue.NONE && batch.size() < size) {
                run.charge(size - batch.size());
                while (batch.size() < size) {
                    batch.add(fill);
                }
            }
            batches.add(Sequence.list(batch));
        }
        return batches;
    }

    private static List<Value> slice(Value input, long count, Value fill, Run run) {
        List<Value> elements = input.elements(run);
        if (count == 0) {
            throw new JinjaException(JinjaException.Kind.ZERO_DIVISION, "integer division or modulo by zero");
        }
        run.charge(16 * Math.clamp(count, 0L, 1L << 40) + elements.size());
        var slices = new ArrayList<Value>();
        int size = (int) Math.floorDiv(elements.size(), count);
        int longer = (int) Math.floorMod(elements.size(), count);
        int begin = 0;
        for (int i = 0; i < count; i++) {
            int end = begin + size + (i < longer ? 1 : 0);
            var slice = new ArrayList<>(elements.subList(begin, end));
            if (fill != NoneValue.NONE && i >= longer) {
                slice.add(fill);
            }
            slices.add(Sequence.list(slice));
            begin = end;
        }
        return slices;
    }
}

package moka.template.jinja.value;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import moka.template.jinja.value.JinjaException.Kind;
import org.jspecify.annotations.Nullable;

/** The methods of Python's types: which a type has, and the calls of those of lists and dicts. */
public final class Methods {
    private static final Set<String> LIST = Set.of("copy", "count", "index");
    private static final Set<String> LIST_CHANGES = Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");
    private static final Set<String> DICT = Set.of("copy", "fromkeys", "get", "items", "keys", "values");
    private static final Set<String> DICT_CHANGES = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Set<String> SEARCHES = Set.of("count", "index");

    private Methods() {}

    /** A method bound to the value it is called on. */
    private record Bound(Value receiver, String name) implements Callable {
        @Override
        public String typeName() {
            return "builtin_function_or_method";
        }

        @Override
        public void repr(TextBuilder out) {
            out.append("<built-in method " + name + " of " + receiver.typeName() + " object>");
        }

        @Override
        public Value call(Arguments arguments, Run run) {
            return Methods.call(receiver, name, arguments, run);
        }
    }

    /** The method of a name; undefined if templates may not call it on this value; null if there is none. */
    static @Nullable Value find(Value owner, String name) {
        if (has(owner, name)) {
            return new Bound(owner, name);
        }
        boolean changes = owner instanceof Dict ? DICT_CHANGES.contains(name)
                : owner instanceof Sequence list && !list.isTuple() && LIST_CHANGES.contains(name);
        return changes ? Undefined.unsafe(owner, name) : null;
    }

    /** Whether templates may call a method of this name on the value. */
    public static boolean has(Value owner, String name) {
        if (owner instanceof Text) {
            return TextMethods.NAMES.contains(name);
        }
        if (owner instanceof Dict dict) {
            return DICT.contains(name) || dict.isOwn() && DICT_CHANGES.contains(name);
        }
        if (owner instanceof Sequence list) {
            return list.isTuple() ? SEARCHES.contains(name) : LIST.contains(name) || list.isOwn() && LIST_CHANGES.contains(name);
        }
        return owner instanceof RangeValue && SEARCHES.contains(name)
                || Numbers.isInteger(owner) && name.equals("bit_length")
                || owner instanceof FloatValue && name.equals("is_integer")
                || owner instanceof Bytes && name.equals("decode");
    }

    /** Calls a method that {@link #has} tells of. */
    public static Value call(Value receiver, String name, Arguments arguments, Run run) {
        run.step();
        if (receiver instanceof Text text) {
            return TextMethods.call(text, name, arguments, run);
        }
        if (receiver instanceof Dict dict) {
            return callDict(dict, name, arguments, run);
        }
        if (receiver instanceof Sequence list) {
            return callSequence(list, name, arguments, run);
        }
        if (receiver instanceof RangeValue) {
            return search(receiver, name, arguments, run);
        }
        if (Numbers.isInteger(receiver)) {
            return IntegerValue.of(Numbers.integer(receiver).bigValue().abs().bitLength());
        }
        if (receiver instanceof FloatValue number) {
            return BooleanValue.of(number.value() == Math.rint(number.value()) && !Double.isInfinite(number.value()));
        }
        return TextMethods.decode((Bytes) receiver);
    }

    private static Value callDict(Dict dict, String name, Arguments arguments, Run run) {
        switch (name) {
            case "get" -> {
                arguments.checkPositional("get", 1, 2);
                Value value = dict.get(arguments.positional(0));
                return value != null ? value : arguments.positionalCount() > 1 ? arguments.positional(1) : NoneValue.NONE;
            }
            case "keys", "values", "items" -> {
                arguments.checkPositional("dict." + name, 0, 0);
                return new DictView(
                        dict,
                        name.equals("keys") ? DictView.Part.KEYS : name.equals("values") ? DictView.Part.VALUES : DictView.Part.ITEMS);
            }
            case "copy" -> {
                Dict copy = Dict.own();
                copy.putAll(dict, run);
                return copy;
            }
            case "fromkeys" -> {
                arguments.checkPositional("fromkeys", 1, 2);
                Dict made = Dict.own();
                for (Value key : arguments.positional(0).elements(run)) {
                    run.charge(16);
                    made.put(key, arguments.positionalCount() > 1 ? arguments.positional(1) : NoneValue.NONE);
                }
                return made;
            }
            case "setdefault" -> {
                arguments.checkPositional("setdefault", 1, 2);
                Value value = dict.get(arguments.positional(0));
                if (value == null) {
                    value = arguments.positionalCount() > 1 ? arguments.positional(1) : NoneValue.NONE;
                    run.charge(16);
                    dict.put(arguments.positional(0), value);
                }
                return value;
            }
            case "pop" -> {
                arguments.checkPositional("pop", 1, 2);
                Value value = dict.remove(arguments.positional(0));
                if (value == null && arguments.positionalCount() < 2) {
                    throw new JinjaException(Kind.INDEX, arguments.positional(0).text(run).chars());
                }
                return value != null ? value : arguments.positional(1);
            }
            case "popitem" -> {
                if (!dict.isTrue()) {
                    throw new JinjaException(Kind.INDEX, "popitem(): dictionary is empty");
                }
                Dict.Entry last = List.copyOf(dict.entries()).getLast();
                dict.remove(last.key());
                return Sequence.tuple(last.key(), last.value());
            }
            case "update" -> {
                update(dict, arguments, run);
                return NoneValue.NONE;
            }
            default -> {
                dict.clear();
                return NoneValue.NONE;
            }
        }
    }

    /** Puts what {@code dict(…)} and {@code update(…)} take, a mapping or pairs and then names, into a dict. */
    public static void update(Dict dict, Arguments arguments, Run run) {
        if (arguments.positionalCount() > 1) {
            throw JinjaException.type("dict expected at most 1 argument, got " + arguments.positionalCount());
        }
        if (arguments.positionalCount() == 1) {
            Value source = arguments.positional(0);
            if (source instanceof Undefined undefined) {
                throw undefined.failure();
            }
            if (source instanceof Dict other) {
                dict.putAll(other, run);
            } else {
                for (Value pair : source.elements(run)) {
                    List<Value> parts = pair.elements(run);
                    if (parts.size() != 2) {
                        throw JinjaException.value("dictionary update sequence element has length " + parts.size() + "; 2 is required");
                    }
                    run.charge(16);
                    dict.put(parts.get(0), parts.get(1));
                }
            }
        }
        for (int i = 0; i < arguments.namedCount(); i++) {
            run.charge(16);
            dict.put(arguments.nameText(i), arguments.named(i));
        }
    }

    private static Value callSequence(Sequence list, String name, Arguments arguments, Run run) {
        if (SEARCHES.contains(name)) {
            return search(list, name, arguments, run);
        }
        List<Value> elements = list.values();
        switch (name) {
            case "copy" -> {
                run.charge(elements.size());
                return Sequence.list(elements);
            }
            case "append" -> {
                arguments.checkPositional("list.append", 1, 1);
                list.add(arguments.positional(0), run);
            }
            case "extend" -> {
                arguments.checkPositional("list.extend", 1, 1);
                for (Value element : List.copyOf(arguments.positional(0).elements(run))) {
                    list.add(element, run);
                }
            }
            case "insert" -> {
                arguments.checkPositional("insert", 2, 2);
                long at = Numbers.longArgument(arguments.positional(0));
                run.charge(16);
                run.steps(elements.size() >> 4);
                elements.add(Math.clamp(at < 0 ? at + elements.size() : at, 0, elements.size()), arguments.positional(1));
            }
            case "pop" -> {
                arguments.checkPositional("pop", 0, 1);
                long at = arguments.positionalCount() == 0 ? -1 : Numbers.longArgument(arguments.positional(0));
                long index = at < 0 ? at + elements.size() : at;
                if (index < 0 || index >= elements.size()) {
                    throw new JinjaException(Kind.INDEX, elements.isEmpty() ? "pop from empty list" : "pop index out of range");
                }
                run.steps(elements.size() >> 4);
                return elements.remove((int) index);
            }
            case "remove" -> {
                arguments.checkPositional("list.remove", 1, 1);
                int at = Operators.indexOf(elements, arguments.positional(0), run);
                if (at < 0) {
                    throw JinjaException.value("list.remove(x): x not in list");
                }
                elements.remove(at);
            }
            case "reverse" -> {
                run.steps(elements.size());
                var reversed = new ArrayList<>(elements.reversed());
                elements.clear();
                elements.addAll(reversed);
            }
            case "sort" -> {
                var bound = arguments.bind("sort", 0, "key", "reverse");
                boolean descending = bound[1] != null && bound[1].isTrue();
                Comparator<Value> order = (a, b) -> {
                    run.step();
                    return Operators.compare("<", a, b, run);
                };
                try {
                    elements.sort(descending ? order.reversed() : order);
                } catch (IllegalArgumentException inconsistent) {
                    throw JinjaException.value("the values cannot be sorted: some have no order among each other");
                }
            }
            default -> elements.clear();
        }
        return NoneValue.NONE;
    }

    private static Value search(Value sequence, String name, Arguments arguments, Run run) {
        arguments.checkPositional(name, 1, 3);
        List<Value> elements = sequence.elements(run);
        Value needle = arguments.positional(0);
        if (name.equals("count")) {
            int count = 0;
            for (Value element : elements) {
                run.step();
                count += Operators.equal(element, needle, run) ? 1 : 0;
            }
            return IntegerValue.of(count);
        }
        int at = Operators.indexOf(elements, needle, run);
        if (at < 0) {
            var shown = new TextBuilder(run);
            needle.repr(shown);
            throw JinjaException.value(shown.toText() + " is not in " + sequence.typeName());
        }
        return IntegerValue.of(at);
    }
}

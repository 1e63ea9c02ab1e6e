package moka.template.jinja.value;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import moka.template.jinja.value.JinjaException.Kind;
import org.jspecify.annotations.Nullable;

/** A list or a tuple. */
public final class Sequence implements Value {
    private final List<Value> elements;
    private final boolean tuple;
    /** Whether the template made this list and may change it. */
    private final boolean own;

    /** Whether the elements of this tuple are also its attributes {@code grouper} and {@code list}. */
    private final boolean group;

    private Sequence(List<Value> elements, boolean tuple, boolean own) {
        this(elements, tuple, own, false);
    }

    private Sequence(List<Value> elements, boolean tuple, boolean own, boolean group) {
        this.group = group;
        this.elements = elements;
        this.tuple = tuple;
        this.own = own;
    }

    /** A tuple over these elements, which are not copied. */
    public static Sequence tuple(List<Value> elements) {
        return new Sequence(elements, true, false);
    }

    public static Sequence tuple(Value... elements) {
        return new Sequence(Arrays.asList(elements), true, false);
    }

    /** A group as {@code groupby} gives it. */
    public static Sequence group(Value grouper, Value members) {
        return new Sequence(List.of(grouper, members), true, false, true);
    }

    /** A list that the template made: it may be changed. Copies. */
    public static Sequence list(List<? extends Value> elements) {
        return new Sequence(new ArrayList<>(elements), false, true);
    }

    /** A list of the caller's, which no template may change. */
    public static Sequence given(List<Value> elements) {
        return new Sequence(elements, false, false);
    }

    public boolean isTuple() {
        return tuple;
    }

    /** Whether the template made it, and may change it. */
    public boolean isOwn() {
        return own;
    }

    /** The elements; to be changed only if {@link #isOwn()}. */
    public List<Value> values() {
        return elements;
    }

    @Override
    public List<Value> elements(Run run) {
        return elements;
    }

    @Override
    public String typeName() {
        return tuple ? "tuple" : "list";
    }

    @Override
    public boolean isTrue() {
        return !elements.isEmpty();
    }

    @Override
    public int length() {
        return elements.size();
    }

    @Override
    public @Nullable Value item(Value key, Run run) {
        if (!(Numbers.index(key) instanceof Long position)) {
            return null;
        }
        long index = position < 0 ? position + elements.size() : position;
        return index < 0 || index >= elements.size() ? null : elements.get((int) index);
    }

    @Override
    public @Nullable Value attribute(String name, Run run) {
        return !group ? null : name.equals("grouper") ? elements.get(0) : name.equals("list") ? elements.get(1) : null;
    }

    @Override
    public Value slice(Slice slice, Run run) {
        var range = slice.indices(elements.size());
        run.charge(range.count());
        if (range.step() == 1) {
            return like(elements.subList(range.start(), range.start() + range.count()));
        }
        var taken = new ArrayList<Value>(range.count());
        for (int i = 0, at = range.start(); i < range.count(); i++, at += range.step()) {
            taken.add(elements.get(at));
        }
        return like(taken);
    }

    /** A copy of elements as the same type of sequence. */
    Sequence like(List<Value> copied) {
        return tuple ? tuple(List.copyOf(copied)) : list(copied);
    }

    @Override
    public void repr(TextBuilder out) {
        repr(out, tuple ? "(" : "[", tuple ? elements.size() == 1 ? ",)" : ")" : "]");
    }

    void repr(TextBuilder out, String open, String close) {
        int begin = out.length();
        out.run().enter(1);
        out.append(open);
        for (int i = 0; i < elements.size(); i++) {
            if (i > 0) {
                out.append(", ");
            }
            elements.get(i).repr(out);
        }
        out.append(close);
        out.run().leave(1);
        out.spreadDistrustFrom(begin);
    }

    /** Adds an element at the end of a list of the template's own. */
    public void add(Value element, Run run) {
        if (!own) {
            throw new JinjaException(Kind.SECURITY, "lists of the caller must not be changed");
        }
        run.charge(16);
        elements.add(element);
    }
}

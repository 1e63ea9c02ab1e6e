package moka.template.jinja.tree;

import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.Callable;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Operators;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}. */
final class Loop implements Callable {
    private final ForLoop loop;
    private final Scope scope;
    private final Value[] items;
    private final int depth;
    private int index;
    private @Nullable Value lastChanged;

    Loop(ForLoop loop, Scope scope, Value[] items, int depth) {
        this.loop = loop;
        this.scope = scope;
        this.items = items;
        this.depth = depth;
    }

    void advance(int index) {
        this.index = index;
    }

    @Override
    public @Nullable Value attribute(String name, Run run) {
        return switch (name) {
            case "index" -> IntegerValue.of(index + 1);
            case "index0" -> IntegerValue.of(index);
            case "revindex" -> IntegerValue.of(items.length - index);
            case "revindex0" -> IntegerValue.of(items.length - index - 1);
            case "first" -> BooleanValue.of(index == 0);
            case "last" -> BooleanValue.of(index == items.length - 1);
            case "length" -> IntegerValue.of(items.length);
            case "depth" -> IntegerValue.of(depth + 1);
            case "depth0" -> IntegerValue.of(depth);
            case "previtem" -> index > 0 ? items[index - 1] : new Undefined("there is no previous item");
            case "nextitem" -> index < items.length - 1 ? items[index + 1] : new Undefined("there is no next item");
            case "cycle", "changed" -> new Method(this, name);
            default -> null;
        };
    }

    /** {@code loop.cycle} or {@code loop.changed}. */
    private record Method(Loop loop, String name) implements Callable {
        @Override
        public String typeName() {
            return "method";
        }

        @Override
        public Value call(Arguments arguments, Run run) {
            run.step();
            if (name.equals("changed")) {
                Value now = Sequence.tuple(arguments.positionals());
                boolean changed = loop.lastChanged == null || !Operators.equal(loop.lastChanged, now, run);
                loop.lastChanged = now;
                return BooleanValue.of(changed);
            }
            if (arguments.positionalCount() == 0) {
                throw JinjaException.type("no items for cycling given");
            }
            return arguments.positional(loop.index % arguments.positionalCount());
        }
    }

    /** Runs the loop again over another value, one level deeper. */
    @Override
    public Value call(Arguments arguments, Run run) {
        if (!loop.recursive()) {
            throw JinjaException.type("The loop must have the 'recursive' marker to be called recursively.");
        }
        var bound = arguments.bind("loop", 1, "iterable");
        run.enter(loop.levels());
        var out = new TextBuilder(run);
        loop.run(bound[0], scope, depth + 1, out);
        run.leave(loop.levels());
        Text text = out.toText();
        return run.autoescape() ? text.asMarkup() : text;
    }

    @Override
    public boolean isIterable() {
        return true;
    }

    @Override
    public int length() {
        return items.length;
    }

    @Override
    public String typeName() {
        return "jinja2.runtime.LoopContext";
    }

    @Override
    public void repr(TextBuilder out) {
        out.append("<LoopContext " + (index + 1) + "/" + items.length + ">");
    }
}

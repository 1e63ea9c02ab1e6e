package moka.template.jinja.builtin;

import java.util.List;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.Callable;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.ObjectValue;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** {@code cycler(a, b, …)}: gives its values in turn. */
final class Cycler implements ObjectValue {
    private final List<Value> items;
    private int position;

    private Cycler(List<Value> items) {
        this.items = items;
    }

    static Cycler of(Arguments arguments) {
        if (arguments.positionalCount() == 0) {
            throw JinjaException.runtime("at least one item has to be provided");
        }
        return new Cycler(arguments.positionals());
    }

    /** {@code next} or {@code reset} of a cycler. */
    private record Method(Cycler cycler, String name) implements Callable {
        @Override
        public String typeName() {
            return "method";
        }

        @Override
        public Value call(Arguments arguments, Run run) {
            run.step();
            Value current = cycler.items.get(cycler.position);
            cycler.position = name.equals("next") ? (cycler.position + 1) % cycler.items.size() : 0;
            return name.equals("next") ? current : moka.template.jinja.value.NoneValue.NONE;
        }
    }

    @Override
    public @Nullable Value attribute(String name, Run run) {
        return switch (name) {
            case "current" -> items.get(position);
            case "items" -> Sequence.tuple(items);
            case "next", "reset" -> new Method(this, name);
            default -> null;
        };
    }

    @Override
    public String typeName() {
        return "jinja2.utils.Cycler";
    }

    @Override
    public void repr(TextBuilder out) {
        out.append("<Cycler>");
    }
}

package moka.template.jinja.builtin;

import java.util.List;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.Callable;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.JinjaException.Kind;
import moka.template.jinja.value.Methods;
import moka.template.jinja.value.Namespace;
import moka.template.jinja.value.Numbers;
import moka.template.jinja.value.RangeValue;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** The functions that every template can call. */
public final class Globals {
    private Globals() {}

    /** A function of a name. */
    private record Function(String name) implements Callable {
        @Override
        public String typeName() {
            return name.equals("lipsum") || name.equals("strftime_now") || name.equals("raise_exception") ? "function" : "type";
        }

        @Override
        public void repr(TextBuilder out) {
            out.append(typeName().equals("type") ? "<class '" + name + "'>" : "<function " + name + ">");
        }

        @Override
        public Value call(Arguments arguments, Run run) {
            run.step();
            return switch (name) {
                case "range" -> range(arguments);
                case "dict" -> dict(arguments, run);
                case "namespace" -> namespace(arguments, run);
                case "raise_exception" -> throw raised(arguments, run);
                case "strftime_now" -> {
                    var bound = arguments.bind(name, 1, "format");
                    yield TimeFormat.format(bound[0].text(run), run.now(), run);
                }
                case "cycler" -> Cycler.of(arguments);
                case "joiner" -> {
                    var bound = arguments.bind(name, 0, "sep");
                    yield new Joiner(bound[0] == null ? Text.trusted(", ") : bound[0].text(run));
                }
                default -> lipsum(arguments, run);
            };
        }
    }

    /** The global of a name, or null. */
    public static @Nullable Value find(String name) {
        return switch (name) {
            case "range", "dict", "namespace", "raise_exception", "strftime_now", "cycler", "joiner", "lipsum" -> new Function(name);
            default -> null;
        };
    }

    private static Value range(Arguments arguments) {
        arguments.checkPositional("range", 1, 3);
        long first = Numbers.longArgument(arguments.positional(0));
        if (arguments.positionalCount() == 1) {
            return RangeValue.of(0, first, 1);
        }
        long stop = Numbers.longArgument(arguments.positional(1));
        return RangeValue.of(first, stop, arguments.positionalCount() > 2 ? Numbers.longArgument(arguments.positional(2)) : 1);
    }

    private static Dict dict(Arguments arguments, Run run) {
        Dict dict = Dict.own();
        Methods.update(dict, arguments, run);
        return dict;
    }

    private static Value namespace(Arguments arguments, Run run) {
        var namespace = new Namespace();
        for (Dict.Entry entry : dict(arguments, run).entries()) {
            namespace.set(entry.key().text(run).chars(), entry.value());
        }
        return namespace;
    }

    private static JinjaException raised(Arguments arguments, Run run) {
        var bound = arguments.bind("raise_exception", 1, "message");
        String message = bound[0].text(run).chars();
        if (message.isBlank()) {
            return new JinjaException(Kind.RAISE, "the template raises an exception without a message");
        }
        return new JinjaException(Kind.RAISE, message);
    }

    /** A few paragraphs that mean nothing; the same ones every time. */
    private static Value lipsum(Arguments arguments, Run run) {
        var bound = arguments.bind("lipsum", 0, "n", "html", "min", "max");
        long count = bound[0] == null ? 5 : Numbers.longArgument(bound[0]);
        boolean html = bound[1] == null || bound[1].isTrue();
        Text words = Text.trusted("Lorem ipsum dolor sit amet, consectetur adipiscing elit.");
        Text paragraph = html ? new TextBuilder(run).append("<p>").append(words).append("</p>\n").toText()
                : new TextBuilder(run).append(words).append("\n\n").toText();
        Text text = new TextBuilder(run).repeat(paragraph, count).toText();
        return html ? text.asMarkup() : text;
    }

    /** {@code joiner(separator)}: nothing on the first call, the separator on all others. */
    private static final class Joiner implements Callable {
        private final Text separator;
        private boolean used;

        Joiner(Text separator) {
            this.separator = separator;
        }

        @Override
        public String typeName() {
            return "jinja2.utils.Joiner";
        }

        @Override
        public Value call(Arguments arguments, Run run) {
            arguments.bind("joiner", 0);
            boolean first = !used;
            used = true;
            return first ? Text.EMPTY : separator;
        }
    }

    /** Names of all globals. */
    public static List<String> names() {
        return List.of("range", "dict", "namespace", "raise_exception", "strftime_now", "cycler", "joiner", "lipsum");
    }
}

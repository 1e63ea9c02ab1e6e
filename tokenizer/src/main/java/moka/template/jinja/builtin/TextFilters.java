package moka.template.jinja.builtin;

import java.util.List;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Letters;
import moka.template.jinja.value.Markup;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Numbers;
import moka.template.jinja.value.PercentFormat;
import moka.template.jinja.value.PythonPrinting;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Splitting;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.TextMethods;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;

/** Filters that take their input as text, whatever it is. */
final class TextFilters {
    private static final int TRUNCATE_LEEWAY = 5;

    private TextFilters() {}

    static Value apply(String name, Value input, Arguments arguments, Run run) {
        return switch (name) {
            case "indent" -> indent(input, arguments, run);
            case "truncate" -> truncate(input, arguments, run);
            case "safe" -> input.text(run).asMarkup();
            case "escape", "e" -> Markup.escape(input.text(run), run);
            case "forceescape" -> Markup.escape(input.text(run).asPlain(), run);
            default -> apply(name, input.text(run), arguments, run);
        };
    }

    private static Value apply(String name, Text text, Arguments arguments, Run run) {
        run.steps(text.chars().length() >> 3);
        switch (name) {
            case "trim" -> {
                var bound = arguments.bind("trim", 0, "chars");
                return TextMethods.strip(text, bound[0], "strip");
            }
            case "replace" -> {
                var bound = arguments.bind("replace", 2, "old", "new", "count");
                long limit = bound[2] == null || bound[2] == NoneValue.NONE ? -1 : Numbers.longArgument(bound[2]);
                Text with = bound[1].text(run);
                boolean markup = run.autoescape() && (text.isMarkup() || with.isMarkup() || bound[0] instanceof Text old && old.isMarkup());
                Text source = markup ? Markup.escape(text, run) : text.asPlain();
                Text replacement = markup ? Markup.escape(with, run) : with;
                return TextMethods.replace(source, bound[0].text(run), replacement, limit, run);
            }
            case "center" -> {
                var bound = arguments.bind("center", 0, "width");
                return TextMethods.justify(text, bound[0] == null ? 80 : Numbers.longArgument(bound[0]), Text.trusted(" "), "center", run);
            }
            case "format" -> {
                return format(text, arguments, run);
            }
            default -> {
                arguments.bind(name, 0);
                run.charge(text.chars().length());
                return switch (name) {
                    case "upper" -> Letters.upper(text);
                    case "lower" -> Letters.lower(text);
                    case "capitalize" -> Letters.capitalize(text);
                    case "title" -> title(text);
                    case "striptags" -> Markup.stripTags(text, run);
                    default -> text;
                };
            }
        }
    }

    /** Like the method, but what follows an apostrophe is not the start of a word. */
    private static Text title(Text text) {
        var out = new StringBuilder();
        String chars = text.chars();
        int begin = 0;
        for (int i = 0; i <= chars.length(); i++) {
            boolean separator = i < chars.length() && isWordSeparator(chars.charAt(i));
            if (i == chars.length() || separator) {
                if (i > begin) {
                    int first = begin + Character.charCount(chars.codePointAt(begin));
                    out.append(Letters.upper(text.part(begin, first)).chars()).append(Letters.lower(text.part(first, i)).chars());
                }
                if (separator) {
                    out.append(chars.charAt(i));
                }
                begin = i + 1;
            }
        }
        Text result = text.derived(out.toString()).asPlain();
        return result;
    }

    private static boolean isWordSeparator(char one) {
        return one == '-' || one == '(' || one == '{' || one == '[' || one == '<' || PythonPrinting.isSpace(one);
    }

    private static Value format(Text text, Arguments arguments, Run run) {
        if (arguments.namedCount() > 0 && arguments.positionalCount() > 0) {
            throw JinjaException.runtime("can't handle positional and keyword arguments at the same time");
        }
        if (arguments.namedCount() == 0) {
            return PercentFormat.format(text, Sequence.tuple(arguments.positionals()), run);
        }
        Dict named = Dict.own();
        for (int i = 0; i < arguments.namedCount(); i++) {
            named.put(arguments.nameText(i), arguments.named(i));
        }
        return PercentFormat.format(text, named, run);
    }

    private static Value indent(Value input, Arguments arguments, Run run) {
        var bound = arguments.bind("indent", 0, "width", "first", "blank");
        boolean first = bound[1] != null && bound[1].isTrue();
        boolean blank = bound[2] != null && bound[2].isTrue();
        if (input instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(input instanceof Text text)) {
            throw input.typeName().equals("list")
                    ? new JinjaException(JinjaException.Kind.UNDEFINED, "'list' object has no attribute 'splitlines'")
                    : JinjaException.type("unsupported operand type(s) for +=: '" + input.typeName() + "' and 'str'");
        }
        Text indentation = bound[0] instanceof Text given
                ? given
                : new TextBuilder(run).repeat(Text.trusted(" "), bound[0] == null ? 4 : Numbers.longArgument(bound[0])).toText();
        indentation = text.isMarkup() ? Markup.escape(indentation, run) : indentation;
        var out = new TextBuilder(run);
        // The reference appends a newline before it splits, so that a last empty line stays.
        List<Value> lines = Splitting.lines(new TextBuilder(run).append(text).append("\n").toText(), false, run).values();
        for (int i = 0; i < lines.size(); i++) {
            Text line = (Text) lines.get(i);
            if (i > 0) {
                out.append("\n");
            }
            if (i == 0 ? first : blank || line.isTrue()) {
                out.append(indentation);
            }
            out.append(line);
        }
        return text.isMarkup() ? out.toText().asMarkup() : out.toText();
    }

    private static Value truncate(Value input, Arguments arguments, Run run) {
        var bound = arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
        long length = bound[0] == null ? 255 : Math.clamp(Numbers.longArgument(bound[0]), -1L << 40, 1L << 40);
        boolean killWords = bound[1] != null && bound[1].isTrue();
        Text end = bound[2] == null ? Text.trusted("...") : bound[2].text(run);
        long leeway = bound[3] == null || bound[3] == NoneValue.NONE ? TRUNCATE_LEEWAY : Math.clamp(Numbers.longArgument(bound[3]), -1L, 1L << 40);
        if (length < end.length() || leeway < 0) {
            throw JinjaException.runtime("expected length >= " + end.length() + ", got " + length);
        }
        if (input.length() <= length + leeway) {
            return input;
        }
        if (!(input instanceof Text text)) {
            throw JinjaException.type("can only concatenate " + input.typeName() + " to " + input.typeName());
        }
        Text kept = text.part(0, text.offset((int) length - end.length()));
        int blank = killWords ? -1 : kept.chars().lastIndexOf(' ');
        return new TextBuilder(run).append(blank < 0 ? kept : kept.part(0, blank)).append(end).toText();
    }
}

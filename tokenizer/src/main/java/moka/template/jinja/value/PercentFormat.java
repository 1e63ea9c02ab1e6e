package moka.template.jinja.value;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code format % values}, as in C: {@code %s %d %5.2f %(name)s}. */
public final class PercentFormat {
    private final Text format;
    private final Value values;
    private final Run run;
    private final List<Value> positional;
    private int next;
    private int at;

    private PercentFormat(Text format, Value values, Run run) {
        this.format = format;
        this.values = values;
        this.run = run;
        this.positional = values instanceof Sequence tuple && tuple.isTuple() ? tuple.values() : List.of(values);
    }

    /** @param values a tuple, one value, or a dict for names */
    public static Text format(Text format, Value values, Run run) {
        var result = new PercentFormat(format, values, run).format();
        return format.isMarkup() ? result.asMarkup() : result;
    }

    private Text format() {
        String chars = format.chars();
        var out = new TextBuilder(run);
        int plain = 0;
        for (at = chars.indexOf('%'); at >= 0; at = chars.indexOf('%', at)) {
            out.append(format, plain, at);
            at++;
            directive(out);
            plain = at;
        }
        out.append(format, plain, chars.length());
        if (next < positional.size() && !hasElements(values)) {
            throw JinjaException.type("not all arguments converted during string formatting");
        }
        return out.toText();
    }

    /** Whether Python takes the values for a mapping, of which not all need to be used. */
    private static boolean hasElements(Value values) {
        return values instanceof Dict
                || values instanceof Sequence list && !list.isTuple()
                || values instanceof RangeValue
                || values instanceof Bytes
                || values instanceof Undefined;
    }

    private void directive(TextBuilder out) {
        String chars = format.chars();
        Value named = null;
        if (at < chars.length() && chars.charAt(at) == '(') {
            int end = chars.indexOf(')', at);
            if (end < 0) {
                throw JinjaException.value("incomplete format key");
            }
            named = named(chars.substring(at + 1, end));
            at = end + 1;
        }
        int flagsEnd = at;
        while (flagsEnd < chars.length() && "-+ #0".indexOf(chars.charAt(flagsEnd)) >= 0) {
            flagsEnd++;
        }
        String flags = chars.substring(at, flagsEnd);
        at = flagsEnd;
        long width = number(0);
        int precision = -1;
        if (at < chars.length() && chars.charAt(at) == '.') {
            at++;
            precision = (int) number(0);
        }
        while (at < chars.length() && "hlL".indexOf(chars.charAt(at)) >= 0) {
            at++;
        }
        if (at == chars.length()) {
            throw JinjaException.value("incomplete format");
        }
        char type = chars.charAt(at++);
        if (type == '%') {
            out.append("%");
            return;
        }
        boolean left = flags.indexOf('-') >= 0 || width < 0;
        boolean zero = flags.indexOf('0') >= 0 && !left;
        char sign = flags.indexOf('+') >= 0 ? '+' : flags.indexOf(' ') >= 0 ? ' ' : 0;
        write(named != null ? named : next(), type, sign, flags.indexOf('#') >= 0, zero, left, Math.abs(width), precision, out);
    }

    private void write(
            Value value, char type, char sign, boolean alternate, boolean zero, boolean left, long width, int precision, TextBuilder out) {
        char textAlign = left ? '<' : '>';
        switch (type) {
            case 's', 'r', 'a' ->
                new FormatSpec(' ', textAlign, (char) 0, false, false, width, (char) 0, precision, 's')
                        .format(printed(value, type), out);
            case 'c' -> {
                Value shown = value instanceof Text ? value : Text.untrusted(Numbers.character(value));
                new FormatSpec(' ', textAlign, (char) 0, false, false, width, (char) 0, -1, 's').format(shown, out);
            }
            case 'd', 'i', 'u', 'x', 'X', 'o' -> {
                checkNumber(value, type, "xXo".indexOf(type) < 0);
                var integer = value instanceof FloatValue real ? Numbers.truncate(real.value()) : Numbers.integer(value);
                new FormatSpec(' ', left ? '<' : zero ? '=' : '>', sign, alternate, zero, width, (char) 0, -1, type)
                        .withZeroFill(zero)
                        .formatInteger(integer.bigValue(), out);
            }
            case 'e', 'E', 'f', 'F', 'g', 'G' -> {
                if (!Numbers.isNumber(value)) {
                    throw JinjaException.type("must be real number, not " + value.typeName());
                }
                new FormatSpec(' ', left ? '<' : zero ? '=' : '>', sign, alternate, zero, width, (char) 0, precision, type)
                        .withZeroFill(zero)
                        .formatFloat(Numbers.toDouble(value), out);
            }
            default ->
                throw JinjaException.value("unsupported format character '" + type + "' (0x" + Integer.toHexString(type) + ") at index "
                        + (at - 1));
        }
    }

    private Text printed(Value value, char type) {
        var out = new TextBuilder(run);
        if (type == 's') {
            value.print(out);
        } else {
            value.repr(out);
        }
        Text text = out.toText();
        boolean safe = value instanceof Text source && source.isMarkup();
        return format.isMarkup() ? Markup.escape(safe ? text.asMarkup() : text, run) : text;
    }

    private static void checkNumber(Value value, char type, boolean real) {
        if (!Numbers.isInteger(value) && !(real && value instanceof FloatValue)) {
            throw JinjaException.type(
                    "%" + type + " format: " + (real ? "a real number" : "an integer") + " is required, not " + value.typeName());
        }
    }

    private Value named(String name) {
        if (!(values instanceof Dict dict)) {
            throw JinjaException.type("format requires a mapping");
        }
        @Nullable Value value = dict.get(name);
        if (value == null) {
            throw new JinjaException(JinjaException.Kind.INDEX, "'" + name + "'");
        }
        return value;
    }

    private Value next() {
        if (next >= positional.size()) {
            throw JinjaException.type("not enough arguments for format string");
        }
        return positional.get(next++);
    }

    /** Digits at the position, or a value for {@code *}. */
    private long number(long none) {
        String chars = format.chars();
        if (at < chars.length() && chars.charAt(at) == '*') {
            at++;
            return Numbers.longArgument(next());
        }
        long number = none;
        while (at < chars.length() && chars.charAt(at) >= '0' && chars.charAt(at) <= '9') {
            number = Math.min(Integer.MAX_VALUE, number * 10 + chars.charAt(at++) - '0');
        }
        return number;
    }
}

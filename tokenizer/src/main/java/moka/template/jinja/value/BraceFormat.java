package moka.template.jinja.value;

import moka.template.jinja.value.JinjaException.Kind;
import org.jspecify.annotations.Nullable;

/** {@code text.format(…)}: fields {@code {name.attribute[key]!conversion:specification}}. */
public final class BraceFormat {
    private static final int MAX_NESTING = 2;

    private final Text format;
    private final Arguments arguments;
    private final Run run;
    /** So that brackets that nothing closes are not looked for again and again. */
    private final int lastBracket;

    private int automatic;
    private boolean numbered;

    private BraceFormat(Text format, Arguments arguments, Run run) {
        this.format = format;
        this.arguments = arguments;
        this.run = run;
        this.lastBracket = format.chars().lastIndexOf(']');
    }

    /** @throws JinjaException if the format is malformed or asks for an argument that is not there */
    public static Text format(Text format, Arguments arguments, Run run) {
        var out = new TextBuilder(run);
        new BraceFormat(format, arguments, run).format(0, format.chars().length(), 1, out);
        return format.isMarkup() ? out.toText().asMarkup() : out.toText();
    }

    private void format(int begin, int end, int nesting, TextBuilder out) {
        String chars = format.chars();
        int plain = begin;
        for (int i = begin; i < end; i++) {
            char one = chars.charAt(i);
            if (one != '{' && one != '}') {
                continue;
            }
            out.append(format, plain, i);
            if (i + 1 < end && chars.charAt(i + 1) == one && nesting == 1) {
                plain = i + 1;
                i++;
                continue;
            }
            if (one == '}') {
                throw JinjaException.value("Single '}' encountered in format string");
            }
            int close = closing(i + 1, end);
            field(i + 1, close, nesting, out);
            i = close;
            plain = close + 1;
        }
        out.append(format, plain, end);
    }

    private int closing(int from, int end) {
        String chars = format.chars();
        int open = 1;
        for (int i = from; i < end; i++) {
            if (chars.charAt(i) == '[') {
                int bracket = lastBracket > i ? chars.indexOf(']', i, end) : -1;
                i = bracket < 0 ? i : bracket;
            } else if (chars.charAt(i) == '{') {
                open++;
            } else if (chars.charAt(i) == '}' && --open == 0) {
                return i;
            }
        }
        throw JinjaException.value(from == end ? "Single '{' encountered in format string" : "expected '}' before end of string");
    }

    private void field(int begin, int end, int nesting, TextBuilder out) {
        if (nesting > MAX_NESTING) {
            throw JinjaException.value("Max string recursion exceeded");
        }
        String chars = format.chars();
        int nameEnd = begin;
        while (nameEnd < end && chars.charAt(nameEnd) != '!' && chars.charAt(nameEnd) != ':') {
            int bracket = chars.charAt(nameEnd) == '[' && lastBracket > nameEnd ? chars.indexOf(']', nameEnd, end) : -1;
            nameEnd = bracket > 0 ? bracket + 1 : nameEnd + 1;
        }
        Value value = lookUp(chars.substring(begin, nameEnd));
        int specBegin = nameEnd;
        if (specBegin < end && chars.charAt(specBegin) == '!') {
            value = convert(value, specBegin + 1 < end ? chars.charAt(specBegin + 1) : 0);
            specBegin += 2;
            if (specBegin < end && chars.charAt(specBegin) != ':') {
                throw JinjaException.value("expected ':' after conversion specifier");
            }
        }
        var spec = new TextBuilder(run);
        if (specBegin < end) {
            format(specBegin + 1, end, nesting + 1, spec);
        }
        write(value, spec.toText(), out);
    }

    private void write(Value value, Text spec, TextBuilder out) {
        if (format.isMarkup()) {
            value = Markup.escape(value.text(run), run);
        }
        if (!spec.isTrue()) {
            out.print(value);
        } else if (Numbers.isNumber(value) || value instanceof Text) {
            int begin = out.length();
            FormatSpec.parse(spec.chars()).format(value, out);
            if (!spec.isTrusted()) {
                out.distrustFrom(begin);
            }
        } else {
            throw JinjaException.type("unsupported format string passed to " + value.typeName() + ".__format__");
        }
    }

    private Value convert(Value value, int conversion) {
        return switch (conversion) {
            case 's' -> value.text(run);
            case 'r', 'a' -> {
                var out = new TextBuilder(run);
                value.repr(out);
                yield out.toText();
            }
            default -> throw JinjaException.value("Unknown conversion specifier");
        };
    }

    private Value lookUp(String path) {
        int end = 0;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
            end++;
        }
        Value value = argument(path.substring(0, end));
        while (end < path.length()) {
            boolean bracket = path.charAt(end) == '[';
            int next = end + 1;
            while (next < path.length() && (bracket ? path.charAt(next) != ']' : path.charAt(next) != '.' && path.charAt(next) != '[')) {
                next++;
            }
            String name = path.substring(end + 1, next);
            if (name.isEmpty()) {
                throw JinjaException.value("Empty attribute in format string");
            }
            value = bracket ? Members.item(value, key(name), run) : Members.attribute(value, name, run);
            end = bracket ? next + 1 : next;
        }
        return value;
    }

    private static Value key(String name) {
        Long number = decimal(name);
        return number != null ? IntegerValue.of(number) : Text.trusted(name);
    }

    private static @Nullable Long decimal(String digits) {
        for (int i = 0; i < digits.length(); i++) {
            if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
                return null;
            }
        }
        return digits.isEmpty() ? null : digits.length() > 9 ? Long.valueOf(Integer.MAX_VALUE) : Long.valueOf(digits);
    }

    private Value argument(String name) {
        Long number = decimal(name);
        if (name.isEmpty() || number != null) {
            if (automatic > 0 && number != null || numbered && number == null) {
                throw JinjaException.value("cannot switch between manual field specification and automatic field numbering");
            }
            numbered |= number != null;
            long index = number != null ? number : automatic++;
            if (index >= arguments.positionalCount()) {
                throw new JinjaException(Kind.INDEX, "tuple index out of range");
            }
            return arguments.positional((int) index);
        }
        Value value = arguments.named(name);
        if (value == null) {
            throw new JinjaException(Kind.INDEX, "'" + name + "'");
        }
        return value;
    }
}

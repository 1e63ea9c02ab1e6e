package moka.template.jinja.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * How to lay out one value: {@code [[fill]align][sign][#][0][width][grouping][.precision][type]}, the language of {@code format};
 * the {@code %} operator uses the parts that both have.
 *
 * @param align one of {@code < > ^ =}, or 0 for the default of the type
 * @param sign one of {@code + - }, blank, or 0
 * @param grouping {@code ,} or {@code _}, or 0
 * @param precision -1 if absent
 * @param type a letter or {@code %}, or 0
 */
record FormatSpec(
        int fill, char align, char sign, boolean alternate, boolean zero, long width, char grouping, int precision, char type) {

    /** Reads a specification. @throws JinjaException if it is malformed */
    static FormatSpec parse(String spec) {
        int at = 0;
        int fill = ' ';
        char align = 0;
        int first = spec.isEmpty() ? 0 : spec.codePointAt(0);
        int second = Character.charCount(first);
        if (spec.length() > second && isAlign(spec.charAt(second))) {
            fill = first;
            align = spec.charAt(second);
            at = second + 1;
        } else if (!spec.isEmpty() && isAlign(spec.charAt(0))) {
            align = spec.charAt(0);
            at = 1;
        }
        char sign = at < spec.length() && "+- ".indexOf(spec.charAt(at)) >= 0 ? spec.charAt(at++) : 0;
        boolean alternate = at < spec.length() && spec.charAt(at) == '#' && at++ >= 0;
        boolean zero = at < spec.length() && spec.charAt(at) == '0' && at++ >= 0;
        int widthEnd = digitsEnd(spec, at);
        long width = number(spec.substring(at, widthEnd));
        at = widthEnd;
        char grouping = at < spec.length() && (spec.charAt(at) == ',' || spec.charAt(at) == '_') ? spec.charAt(at++) : 0;
        int precision = -1;
        if (at < spec.length() && spec.charAt(at) == '.') {
            int end = digitsEnd(spec, at + 1);
            if (end == at + 1) {
                throw JinjaException.value("Format specifier missing precision");
            }
            precision = (int) number(spec.substring(at + 1, end));
            at = end;
        }
        char type = at < spec.length() ? spec.charAt(at++) : 0;
        if (at < spec.length()) {
            throw JinjaException.value("Invalid format specifier '" + spec + "'");
        }
        return new FormatSpec(fill, align, sign, alternate, zero, width, grouping, precision, type);
    }

    /** The same with zeros instead of blanks after the sign. */
    FormatSpec withZeroFill(boolean fillZero) {
        return fillZero ? new FormatSpec('0', align, sign, alternate, false, width, grouping, precision, type) : this;
    }

    private static boolean isAlign(char one) {
        return one == '<' || one == '>' || one == '^' || one == '=';
    }

    private static int digitsEnd(String spec, int from) {
        int end = from;
        while (end < spec.length() && spec.charAt(end) >= '0' && spec.charAt(end) <= '9') {
            end++;
        }
        return end;
    }

    /** A width or precision; one that is too long to be meant stays too big for the limits. */
    private static long number(String digits) {
        return digits.isEmpty() ? 0 : digits.length() > 9 ? Integer.MAX_VALUE : Long.parseLong(digits);
    }

    /** Appends a value laid out by this specification. */
    void format(Value value, TextBuilder out) {
        if (value instanceof FloatValue || Numbers.isInteger(value) && type != 0 && "eEfFgG%".indexOf(type) >= 0) {
            formatFloat(Numbers.toDouble(value), out);
        } else if (Numbers.isInteger(value) && !(value instanceof BooleanValue && type == 0)) {
            formatInteger(Numbers.integer(value).bigValue(), out);
        } else if (type != 0 && type != 's' || sign != 0 || align == '=' || grouping != 0) {
            throw JinjaException.value("Unknown format code '" + (type == 0 ? "=" : type) + "' for object of type '" + value.typeName() + "'");
        } else {
            pad(cut(value.text(out.run())), '<', out);
        }
    }

    private Text cut(Text text) {
        return precision >= 0 && precision < text.length() ? text.part(0, text.offset(precision)) : text;
    }

    void formatInteger(BigInteger value, TextBuilder out) {
        BigInteger magnitude = value.abs();
        out.run().steps(magnitude.bitLength());
        switch (type) {
            case 0, 'd', 'n', 'i', 'u' -> number(value.signum() < 0, "", group(IntegerValue.of(magnitude).digits(), 3), out);
            case 'b' -> number(value.signum() < 0, alternate ? "0b" : "", group(magnitude.toString(2), 4), out);
            case 'o' -> number(value.signum() < 0, alternate ? "0o" : "", group(magnitude.toString(8), 4), out);
            case 'x' -> number(value.signum() < 0, alternate ? "0x" : "", group(magnitude.toString(16), 4), out);
            case 'X' -> number(value.signum() < 0, alternate ? "0X" : "", group(Letters.upper(magnitude.toString(16)), 4), out);
            // A number of the caller's could spell any text this way.
            case 'c' -> pad(Text.untrusted(Numbers.character(IntegerValue.of(value))), '<', out);
            default -> throw JinjaException.value("Unknown format code '" + type + "' for object of type 'int'");
        }
    }

    void formatFloat(double value, TextBuilder out) {
        boolean negative = value < 0 || value == 0 && 1 / value < 0;
        String digits;
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            digits = Double.isNaN(value) ? "nan" : "inf";
        } else {
            out.run().charge(Math.max(0, precision));
            digits = digits(Math.abs(value));
        }
        int end = digitsEnd(digits, 0);
        digits = group(digits.substring(0, end), 3) + digits.substring(end);
        number(negative, "", type == 'E' || type == 'F' || type == 'G' ? Letters.upper(digits) : digits, out);
    }

    private String digits(double value) {
        int places = precision < 0 ? 6 : precision;
        return switch (type) {
            case 'f', 'F' -> fixed(value, places);
            case '%' -> fixed(value * 100, places) + "%";
            case 'e', 'E' -> exponential(value, places);
            case 'g', 'G', 'n' -> general(value, Math.max(1, places));
            case 0 -> {
                String digits = precision < 0 ? PythonPrinting.repr(value) : general(value, Math.max(1, precision));
                yield digits.indexOf('.') < 0 && digits.indexOf('e') < 0 ? digits + ".0" : digits;
            }
            default -> throw JinjaException.value("Unknown format code '" + type + "' for object of type 'float'");
        };
    }

    private String fixed(double value, int places) {
        return new BigDecimal(value).setScale(places, RoundingMode.HALF_EVEN).toPlainString() + (alternate && places == 0 ? "." : "");
    }

    private String exponential(double value, int places) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
        String digits = rounded.unscaledValue().toString();
        int exponent = rounded.signum() == 0 ? 0 : digits.length() - 1 - rounded.scale();
        digits += "0".repeat(Math.max(0, places + 1 - digits.length()));
        String power = Integer.toString(Math.abs(exponent));
        return digits.charAt(0) + (places > 0 ? "." + digits.substring(1, places + 1) : alternate ? "." : "")
                + (exponent < 0 ? "e-" : "e+") + (power.length() < 2 ? "0" : "") + power;
    }

    private String general(double value, int significant) {
        String exponential = exponential(value, significant - 1);
        int exponentAt = exponential.indexOf('e');
        int exponent = Integer.parseInt(exponential.substring(exponentAt + 1));
        boolean fixed = exponent >= -4 && exponent < significant;
        String digits = fixed ? fixed(value, significant - 1 - exponent) : exponential.substring(0, exponentAt);
        if (!alternate && digits.indexOf('.') >= 0) {
            int end = digits.length();
            while (digits.charAt(end - 1) == '0') {
                end--;
            }
            digits = digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
        }
        return fixed ? digits : digits + exponential.substring(exponentAt);
    }

    private String group(String digits, int size) {
        if (grouping == 0 || digits.length() <= size) {
            return digits;
        }
        var grouped = new StringBuilder(digits);
        for (int at = digits.length() - size; at > 0; at -= size) {
            grouped.insert(at, grouping);
        }
        return grouped.toString();
    }

    private void number(boolean negative, String prefix, String digits, TextBuilder out) {
        String head = (negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "") + prefix;
        if (align == '=' || zero && align == 0) {
            out.append(head);
            out.repeat(Text.trusted(Character.toString(zero && align == 0 ? '0' : fill)), width - head.length() - digits.length());
            out.append(digits);
        } else {
            pad(Text.trusted(head + digits), '>', out);
        }
    }

    private void pad(Text text, char usual, TextBuilder out) {
        long missing = Math.max(0, width - text.length());
        char side = align == 0 ? usual : align;
        long left = side == '>' ? missing : side == '^' ? missing / 2 : 0;
        var filling = Text.trusted(Character.toString(zero && align == 0 ? '0' : fill));
        out.repeat(filling, left).append(text).repeat(filling, missing - left);
    }
}

package moka.template.jinja.builtin;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.FloatValue;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Numbers;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** Filters that make numbers, or print them. */
final class NumberFilters {
    /** More digits than these Python refuses to read. */
    private static final int MAX_DIGITS = 4300;

    private NumberFilters() {}

    static Value apply(String name, Value input, Arguments arguments, Run run) {
        if (input instanceof Undefined undefined && !name.equals("abs") && !name.equals("round")) {
            throw undefined.failure();
        }
        return switch (name) {
            case "int" -> {
                var bound = arguments.bind("int", 0, "default", "base");
                yield toInteger(input, bound[0] == null ? IntegerValue.of(0) : bound[0], bound[1] == null ? 10 : Numbers.longArgument(bound[1]), run);
            }
            case "float" -> {
                var bound = arguments.bind("float", 0, "default");
                run.steps(input instanceof Text text ? text.chars().length() >> 3 : 0);
                Double number = toDouble(input);
                yield number != null ? new FloatValue(number) : bound[0] == null ? new FloatValue(0) : bound[0];
            }
            case "abs" -> {
                arguments.bind("abs", 0);
                if (!Numbers.isNumber(input)) {
                    throw JinjaException.type("bad operand type for abs(): '" + input.typeName() + "'");
                }
                yield Numbers.absolute(input, run);
            }
            case "round" -> round(input, arguments);
            default -> {
                var bound = arguments.bind("filesizeformat", 0, "binary");
                yield fileSize(input, bound[0] != null && bound[0].isTrue());
            }
        };
    }

    private static Value toInteger(Value input, Value otherwise, long base, Run run) {
        if (input instanceof FloatValue number) {
            return Double.isNaN(number.value()) ? otherwise : Numbers.truncate(number.value());
        }
        if (Numbers.isInteger(input)) {
            return Numbers.integer(input);
        }
        if (input instanceof Text text) {
            run.steps(Math.min(text.chars().length(), MAX_DIGITS) + (text.chars().length() >> 3));
            BigInteger whole = parseInteger(text.chars(), base);
            if (whole != null) {
                return IntegerValue.of(whole);
            }
        }
        Double number = toDouble(input);
        return number == null || Double.isNaN(number) || Double.isInfinite(number) ? otherwise : Numbers.truncate(number);
    }

    private static @Nullable BigInteger parseInteger(String text, long base) {
        String digits = clean(text);
        if (digits == null || digits.length() > MAX_DIGITS || base != 0 && (base < 2 || base > 36)) {
            return null;
        }
        boolean negative = digits.startsWith("-");
        digits = negative || digits.startsWith("+") ? digits.substring(1) : digits;
        int prefixed = digits.length() > 2 && digits.charAt(0) == '0'
                ? switch (digits.charAt(1)) {
                    case 'x', 'X' -> 16;
                    case 'o', 'O' -> 8;
                    case 'b', 'B' -> 2;
                    default -> 0;
                }
                : 0;
        if (prefixed != 0 && (base == 0 || base == prefixed)) {
            digits = digits.substring(2);
        }
        int radix = base == 0 ? prefixed == 0 ? 10 : prefixed : (int) base;
        if (digits.isEmpty() || digits.charAt(0) == '-' || digits.charAt(0) == '+') {
            return null;
        }
        try {
            BigInteger value = new BigInteger(digits, radix);
            return negative ? value.negate() : value;
        } catch (NumberFormatException none) {
            return null;
        }
    }

    /** Without blanks around and without underscores between digits; null if underscores stand elsewhere. */
    private static @Nullable String clean(String text) {
        String digits = text.strip();
        if (digits.indexOf('_') < 0) {
            return digits;
        }
        return digits.startsWith("_") || digits.endsWith("_") || digits.contains("__") ? null : digits.replace("_", "");
    }

    /** The input as {@code float()} reads it, or null if it does not. */
    static @Nullable Double toDouble(Value input) {
        if (Numbers.isNumber(input)) {
            return Numbers.toDouble(input);
        }
        String digits = input instanceof Text text ? clean(text.chars()) : null;
        if (digits == null || digits.isEmpty() || digits.length() > MAX_DIGITS) {
            return null;
        }
        switch (digits.toLowerCase(java.util.Locale.ROOT)) {
            case "inf", "+inf", "infinity", "+infinity" -> {
                return Double.POSITIVE_INFINITY;
            }
            case "-inf", "-infinity" -> {
                return Double.NEGATIVE_INFINITY;
            }
            case "nan", "+nan", "-nan" -> {
                return Double.NaN;
            }
            default -> {}
        }
        // Java would also read hexadecimal floats and suffixes, Python does not.
        for (int i = 0; i < digits.length(); i++) {
            if ("0123456789+-.eE".indexOf(digits.charAt(i)) < 0) {
                return null;
            }
        }
        try {
            return Double.valueOf(digits);
        } catch (NumberFormatException none) {
            return null;
        }
    }

    private static Value round(Value input, Arguments arguments) {
        var bound = arguments.bind("round", 0, "precision", "method");
        int precision = bound[0] == null ? 0 : Math.clamp(Numbers.longArgument(bound[0]), -400, 400);
        String method = bound[1] == null ? "common" : bound[1] instanceof Text text ? text.chars() : "";
        if (!method.equals("common") && !method.equals("ceil") && !method.equals("floor")) {
            throw JinjaException.runtime("method must be common, ceil or floor");
        }
        if (!Numbers.isNumber(input)) {
            throw JinjaException.type("type " + input.typeName() + " doesn't define __round__ method");
        }
        if (!method.equals("common")) {
            double scale = Math.pow(10, precision);
            double scaled = Numbers.toDouble(input) * scale;
            return new FloatValue((method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / scale);
        }
        if (Numbers.isInteger(input)) {
            IntegerValue whole = Numbers.integer(input);
            return precision >= 0 ? whole : Numbers.truncate(Numbers.round(whole.doubleValue(), precision));
        }
        return new FloatValue(Numbers.round(Numbers.toDouble(input), precision));
    }

    private static Value fileSize(Value input, boolean binary) {
        Double given = toDouble(input);
        if (given == null && !(input instanceof Text)) {
            throw JinjaException.type("float() argument must be a string or a real number, not '" + input.typeName() + "'");
        }
        if (given == null) {
            throw JinjaException.value("could not convert string to float: '" + input + "'");
        }
        double bytes = given;
        if (bytes == Double.NEGATIVE_INFINITY) {
            throw JinjaException.value("cannot convert float infinity to integer");
        }
        int base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return Text.trusted("1 Byte");
        }
        if (bytes < base) {
            return Text.trusted((long) bytes + " Bytes");
        }
        String prefixes = "kMGTPEZY";
        double unit = base;
        int at = 0;
        while (at < prefixes.length() - 1 && bytes >= unit * base) {
            unit *= base;
            at++;
        }
        String prefix = binary ? Character.toUpperCase(prefixes.charAt(at)) + "i" : prefixes.substring(at, at + 1);
        String amount = Double.isNaN(bytes) ? "nan"
                : Double.isInfinite(bytes) ? "inf" : new BigDecimal(bytes / unit).setScale(1, RoundingMode.HALF_EVEN).toString();
        return Text.trusted(amount + " " + prefix + "B");
    }
}

package moka.template.jinja.value;

import java.util.ArrayList;
import java.util.List;

/** The operators of the language on values of any type. */
public final class Operators {
    private Operators() {}

    public static Value add(Value a, Value b, Run run) {
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.add(a, b, run);
        }
        failIfUndefined(a, b);
        if (a instanceof Text x && b instanceof Text y) {
            boolean markup = x.isMarkup() || y.isMarkup();
            var sum = new TextBuilder(run);
            sum.append(markup ? Markup.escape(x, run) : x).append(markup ? Markup.escape(y, run) : y);
            return markup ? sum.toText().asMarkup() : sum.toText();
        }
        if (a instanceof Sequence x && b instanceof Sequence y && x.isTuple() == y.isTuple()) {
            run.charge(x.length() + y.length());
            var sum = new ArrayList<Value>(x.length() + y.length());
            sum.addAll(x.values());
            sum.addAll(y.values());
            return x.like(sum);
        }
        if (a instanceof Text x && !x.isMarkup() || a instanceof Sequence) {
            throw JinjaException.type(
                    "can only concatenate " + a.typeName() + " (not \"" + b.typeName() + "\") to " + a.typeName());
        }
        throw unsupported("+", a, b);
    }

    public static Value subtract(Value a, Value b, Run run) {
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.subtract(a, b, run);
        }
        failIfUndefined(a, b);
        throw unsupported("-", a, b);
    }

    public static Value multiply(Value a, Value b, Run run) {
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.multiply(a, b, run);
        }
        failIfUndefined(a, b);
        if (isSequence(a)) {
            return repeat(a, b, run);
        }
        if (isSequence(b)) {
            return repeat(b, a, run);
        }
        throw unsupported("*", a, b);
    }

    private static boolean isSequence(Value value) {
        return value instanceof Text || value instanceof Sequence;
    }

    private static Value repeat(Value sequence, Value count, Run run) {
        if (!(Numbers.index(count) instanceof Long times)) {
            throw JinjaException.type("can't multiply sequence by non-int of type '" + count.typeName() + "'");
        }
        if (sequence instanceof Text text) {
            var out = new TextBuilder(run).repeat(text, times).toText();
            return text.isMarkup() ? out.asMarkup() : out;
        }
        var elements = ((Sequence) sequence).values();
        long copies = elements.isEmpty() ? 0 : Math.clamp(times, 0L, 1L << 31);
        run.charge(copies * elements.size());
        var repeated = new ArrayList<Value>((int) copies * elements.size());
        for (long i = 0; i < copies; i++) {
            repeated.addAll(elements);
        }
        return ((Sequence) sequence).like(repeated);
    }

    public static Value divide(Value a, Value b) {
        checkNumbers("/", a, b);
        return Numbers.divide(a, b);
    }

    public static Value floorDivide(Value a, Value b, Run run) {
        checkNumbers("//", a, b);
        return Numbers.floorDivide(a, b, run);
    }

    public static Value modulo(Value a, Value b, Run run) {
        if (a instanceof Text format) {
            return PercentFormat.format(format, b, run);
        }
        checkNumbers("%", a, b);
        return Numbers.modulo(a, b, run);
    }

    public static Value power(Value a, Value b, Run run) {
        checkNumbers("** or pow()", a, b);
        return Numbers.power(a, b, run);
    }

    public static Value negate(Value value, Run run) {
        checkUnary("-", value);
        return Numbers.negate(value, run);
    }

    public static Value plus(Value value) {
        checkUnary("+", value);
        return value instanceof FloatValue ? value : Numbers.integer(value);
    }

    private static void checkUnary(String operator, Value value) {
        failIfUndefined(value, value);
        if (!Numbers.isNumber(value)) {
            throw JinjaException.type("bad operand type for unary " + operator + ": '" + value.typeName() + "'");
        }
    }

    private static void checkNumbers(String operator, Value a, Value b) {
        if (!Numbers.isNumber(a) || !Numbers.isNumber(b)) {
            failIfUndefined(a, b);
            throw unsupported(operator, a, b);
        }
    }

    private static void failIfUndefined(Value a, Value b) {
        if (a instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (b instanceof Undefined undefined) {
            throw undefined.failure();
        }
    }

    private static JinjaException unsupported(String operator, Value a, Value b) {
        return JinjaException.type("unsupported operand type(s) for " + operator + ": '" + a.typeName() + "' and '" + b.typeName() + "'");
    }

    /** {@code ==}; never fails, but for values nested too deeply. */
    public static boolean equal(Value a, Value b, Run run) {
        if (a == b) {
            return !(a instanceof FloatValue number && Double.isNaN(number.value()));
        }
        if (a instanceof Text x && b instanceof Text y) {
            run.steps(1 + (Math.min(x.chars().length(), y.chars().length()) >> 8));
            return x.chars().equals(y.chars());
        }
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.compare(a, b) == 0;
        }
        if (a instanceof Sequence x && b instanceof Sequence y) {
            return x.isTuple() == y.isTuple() && x.length() == y.length() && equalElements(x.values(), y.values(), run);
        }
        if (a instanceof Dict x && b instanceof Dict y) {
            return equal(x, y, run);
        }
        if (a instanceof RangeValue && b instanceof RangeValue || a instanceof DictView x && x.part() != DictView.Part.VALUES && b instanceof DictView) {
            return equalElements(a.elements(run), b.elements(run), run);
        }
        return a instanceof Undefined && b instanceof Undefined || a instanceof Bytes && a.equals(b);
    }

    private static boolean equalElements(List<Value> a, List<Value> b, Run run) {
        run.enter(1);
        run.steps(a.size());
        boolean equal = a.size() == b.size();
        for (int i = 0; i < a.size() && equal; i++) {
            equal = equal(a.get(i), b.get(i), run);
        }
        run.leave(1);
        return equal;
    }

    private static boolean equal(Dict a, Dict b, Run run) {
        if (a.length() != b.length()) {
            return false;
        }
        run.enter(1);
        run.steps(a.length());
        boolean equal = true;
        for (Dict.Entry entry : a.entries()) {
            Value other = b.get(entry.key());
            equal &= other != null && equal(entry.value(), other, run);
        }
        run.leave(1);
        return equal;
    }

    /** Whether {@code a operator b} holds for one of {@code < <= > >=}. @throws JinjaException if the values have no order */
    public static boolean ordered(String operator, Value a, Value b, Run run) {
        int order = compare(operator, a, b, run);
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0 && order != 2;
            default -> order >= 0 && order != 2;
        };
    }

    /** Negative, 0 or 1 as a is before, equal to or after b; 2 if neither (NaN). */
    public static int compare(String operator, Value a, Value b, Run run) {
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            int order = Numbers.compare(a, b);
            return order == 2 && operator.equals("<=") ? 1 : order;
        }
        if (a instanceof Text x && b instanceof Text y) {
            run.steps(1 + (Math.min(x.chars().length(), y.chars().length()) >> 5));
            return Integer.signum(compareCodePoints(x.chars(), y.chars()));
        }
        if (a instanceof Sequence x && b instanceof Sequence y && x.isTuple() == y.isTuple()) {
            return compare(operator, x.values(), y.values(), run);
        }
        failIfUndefined(a, b);
        throw JinjaException.type(
                "'" + operator + "' not supported between instances of '" + a.typeName() + "' and '" + b.typeName() + "'");
    }

    private static int compare(String operator, List<Value> a, List<Value> b, Run run) {
        run.enter(1);
        int order = Integer.compare(a.size(), b.size());
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            run.step();
            if (!equal(a.get(i), b.get(i), run)) {
                order = compare(operator, a.get(i), b.get(i), run);
                break;
            }
        }
        run.leave(1);
        return order;
    }

    /** UTF-16 order differs from the order of code points only where one side has a surrogate. */
    private static int compareCodePoints(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean surrogates = Character.isSurrogate(x) != Character.isSurrogate(y);
                return surrogates ? Character.isSurrogate(x) ? 1 : -1 : x - y;
            }
        }
        return a.length() - b.length();
    }

    /** {@code needle in container}. @throws JinjaException if the container cannot contain it */
    public static boolean contains(Value container, Value needle, Run run) {
        if (container instanceof Text text) {
            if (!(needle instanceof Text part)) {
                throw JinjaException.type("'in <string>' requires string as left operand, not " + needle.typeName());
            }
            run.steps(text.chars().length() >> 3);
            return Occurrences.first(text.chars(), part.chars(), 0) >= 0;
        }
        if (container instanceof Dict dict) {
            return dict.get(needle) != null;
        }
        if (container instanceof DictView view && view.part() == DictView.Part.KEYS) {
            return view.dict().get(needle) != null;
        }
        if (!container.isIterable()) {
            throw JinjaException.type("argument of type '" + container.typeName() + "' is not iterable");
        }
        return indexOf(container.elements(run), needle, run) >= 0;
    }

    /** Index of the first equal element, or -1. */
    public static int indexOf(List<Value> elements, Value needle, Run run) {
        for (int i = 0; i < elements.size(); i++) {
            run.step();
            if (equal(elements.get(i), needle, run)) {
                return i;
            }
        }
        return -1;
    }
}

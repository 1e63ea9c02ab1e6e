package moka.template.jinja.builtin;

import java.util.Set;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.Bytes;
import moka.template.jinja.value.Callable;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.FloatValue;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Keys;
import moka.template.jinja.value.Letters;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Numbers;
import moka.template.jinja.value.Operators;
import moka.template.jinja.value.RangeValue;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;

/** All tests, by name: what stands after {@code is}. */
public final class Tests {
    private static final Set<String> NAMES = Set.of(
            "!=", "<", "<=", "==", ">", ">=", "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "escaped", "even", "false",
            "filter", "float", "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne",
            "none", "number", "odd", "sameas", "sequence", "string", "test", "true", "undefined", "upper");

    private Tests() {}

    public static boolean exist(String name) {
        return NAMES.contains(name);
    }

    /** All names, for the test that keeps this list and the implementations together. */
    public static Set<String> names() {
        return NAMES;
    }

    /** Applies a test. @throws JinjaException if there is none of that name, or it fails */
    public static boolean apply(String name, Value value, Arguments arguments, Run run) {
        run.step();
        if (arguments != Arguments.NONE && !takesArgument(name)) {
            arguments.bind(name, 0);
        }
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == NoneValue.NONE;
            case "string" -> value instanceof Text;
            case "mapping" -> value instanceof Dict;
            case "iterable" -> value.isIterable();
            case "sequence" ->
                value instanceof Text
                        || value instanceof Sequence
                        || value instanceof Dict
                        || value instanceof RangeValue
                        || value instanceof Bytes
                        || value instanceof Undefined;
            case "boolean" -> value instanceof BooleanValue;
            case "true" -> value == BooleanValue.TRUE;
            case "false" -> value == BooleanValue.FALSE;
            case "number" -> Numbers.isNumber(value);
            case "integer" -> value instanceof IntegerValue;
            case "float" -> value instanceof FloatValue;
            case "callable" -> value instanceof Callable || value instanceof Undefined;
            case "escaped" -> value instanceof Text text && text.isMarkup();
            case "lower", "upper" -> Letters.isCase(value.text(run).chars(), name.equals("upper"));
            case "even" -> remainder(value, IntegerValue.of(2), 0, run);
            case "odd" -> remainder(value, IntegerValue.of(2), 1, run);
            case "filter" -> Keys.of(value) instanceof String text && Filters.exist(text);
            case "test" -> Keys.of(value) instanceof String text && exist(text);
            default -> compare(name, value, arguments, run);
        };
    }

    private static boolean takesArgument(String name) {
        return switch (name) {
            case "!=", "<", "<=", "==", ">", ">=", "divisibleby", "eq", "equalto", "ge", "greaterthan", "gt", "in", "le", "lessthan", "lt",
                    "ne", "sameas" ->
                true;
            default -> !exist(name);
        };
    }

    private static boolean compare(String name, Value value, Arguments arguments, Run run) {
        if (!exist(name)) {
            throw JinjaException.runtime("No test named '" + name + "'.");
        }
        arguments.checkPositional(name, 1, 1);
        Value other = arguments.positional(0);
        return switch (name) {
            case "eq", "==", "equalto" -> Operators.equal(value, other, run);
            case "ne", "!=" -> !Operators.equal(value, other, run);
            case "lt", "<", "lessthan" -> Operators.ordered("<", value, other, run);
            case "le", "<=" -> Operators.ordered("<=", value, other, run);
            case "gt", ">", "greaterthan" -> Operators.ordered(">", value, other, run);
            case "ge", ">=" -> Operators.ordered(">=", value, other, run);
            case "in" -> Operators.contains(other, value, run);
            case "divisibleby" -> remainder(value, other, 0, run);
            default -> value == other || isConstant(value) && value.getClass() == other.getClass() && Operators.equal(value, other, run);
        };
    }

    /** Values that Python keeps one copy of, near enough. */
    private static boolean isConstant(Value value) {
        return value instanceof IntegerValue || value instanceof Text;
    }

    private static boolean remainder(Value value, Value divisor, int expected, Run run) {
        return Operators.equal(Operators.modulo(value, divisor, run), IntegerValue.of(expected), run);
    }
}

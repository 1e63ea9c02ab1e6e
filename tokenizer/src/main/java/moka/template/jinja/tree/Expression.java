package moka.template.jinja.tree;

import java.util.List;
import moka.template.jinja.builtin.Filters;
import moka.template.jinja.builtin.Globals;
import moka.template.jinja.builtin.Tests;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.Callable;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Markup;
import moka.template.jinja.value.Members;
import moka.template.jinja.value.Methods;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Operators;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Slice;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** A part of a template that has a value. Chains of operators are one node: long ones need no deep stack. */
public sealed interface Expression {
    Value evaluate(Scope scope);

    /** Whether the value holds as a condition. */
    default boolean holds(Scope scope) {
        return evaluate(scope).isTrue();
    }

    /** A literal number, text, boolean or none. */
    record Constant(Value value) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            return value;
        }
    }

    /** A variable. @param name interned */
    record Name(String name) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            scope.run().step();
            Value value = scope.find(name);
            if (value == null) {
                value = Globals.find(name);
            }
            return value == null ? Undefined.variable(name) : value;
        }
    }

    /** {@code [a, b]} or {@code (a, b)}. */
    record SequenceLiteral(List<Expression> elements, boolean tuple) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            scope.run().charge(8L * elements.size());
            var values = new Value[elements.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = elements.get(i).evaluate(scope);
            }
            return tuple ? Sequence.tuple(values) : Sequence.list(List.of(values));
        }
    }

    /** {@code {key: value}}; keys and values alternate. */
    record DictLiteral(List<Expression> entries) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            scope.run().charge(16L * entries.size());
            Dict dict = Dict.own();
            for (int i = 0; i < entries.size(); i += 2) {
                dict.put(entries.get(i).evaluate(scope), entries.get(i + 1).evaluate(scope));
            }
            return dict;
        }
    }

    /** {@code owner.name}. */
    record Attribute(Expression owner, String name) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            return Members.attribute(owner.evaluate(scope), name, scope.run());
        }
    }

    /** {@code owner[key]}. */
    record Item(Expression owner, Expression key) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            return Members.item(owner.evaluate(scope), key.evaluate(scope), scope.run());
        }
    }

    /** {@code owner[start:stop:step]}; absent bounds are none. */
    record SliceOf(Expression owner, Expression start, Expression stop, Expression step) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            scope.run().step();
            Value sliced = owner.evaluate(scope);
            var slice = new Slice(start.evaluate(scope), stop.evaluate(scope), step.evaluate(scope));
            // The reference slices literals while it compiles, where failing gives undefined.
            boolean literal = owner instanceof Constant && !(sliced instanceof Text);
            return literal ? Undefined.member(sliced, "slice", false) : sliced.slice(slice, scope.run());
        }
    }

    /** {@code callee(arguments)}. */
    record Call(Expression callee, CallArguments arguments) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            return evaluate(scope, null);
        }

        /** @param caller what a call block passes under that name */
        Value evaluate(Scope scope, @Nullable Value caller) {
            Run run = scope.run();
            run.step();
            if (callee instanceof Attribute method && caller == null) {
                // The usual call is of a method: no need to make a value of it first.
                Value owner = method.owner.evaluate(scope);
                if (Methods.has(owner, method.name)) {
                    return Methods.call(owner, method.name, arguments.evaluate(scope), run);
                }
                return call(Members.attribute(owner, method.name, run), arguments.evaluate(scope), run);
            }
            Value called = callee.evaluate(scope);
            Arguments given = arguments.evaluate(scope);
            return call(called, caller == null ? given : given.with("caller", caller), run);
        }

        private static Value call(Value called, Arguments arguments, Run run) {
            if (called instanceof Callable callable) {
                return callable.call(arguments, run);
            }
            if (called instanceof Undefined undefined) {
                throw undefined.failure();
            }
            throw JinjaException.type("'" + called.typeName() + "' object is not callable");
        }
    }

    /** {@code input | name(arguments)}; no input inside filter blocks. */
    record Filter(Expression input, String name, CallArguments arguments) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            return Filters.apply(name, input.evaluate(scope), arguments.evaluate(scope), scope.run());
        }
    }

    /** {@code value is name(arguments)}. */
    record Test(Expression value, String name, CallArguments arguments) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            return BooleanValue.of(holds(scope));
        }

        @Override
        public boolean holds(Scope scope) {
            return Tests.apply(name, value.evaluate(scope), arguments.evaluate(scope), scope.run());
        }
    }

    /** The operators of a level of precedence from left to right: {@code a + b - c}. */
    record Arithmetic(Expression first, List<String> operators, List<Expression> operands) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            Run run = scope.run();
            Value value = first.evaluate(scope);
            for (int i = 0; i < operands.size(); i++) {
                run.step();
                Value operand = operands.get(i).evaluate(scope);
                value = switch (operators.get(i)) {
                    case "+" -> Operators.add(value, operand, run);
                    case "-" -> Operators.subtract(value, operand, run);
                    case "*" -> Operators.multiply(value, operand, run);
                    case "/" -> Operators.divide(value, operand);
                    case "//" -> Operators.floorDivide(value, operand, run);
                    case "%" -> Operators.modulo(value, operand, run);
                    default -> Operators.power(value, operand, run);
                };
            }
            return value;
        }
    }

    /** {@code -a} or {@code +a}. */
    record Sign(boolean minus, Expression operand) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            Value value = operand.evaluate(scope);
            return minus ? Operators.negate(value, scope.run()) : Operators.plus(value);
        }
    }

    /** {@code a ~ b ~ c}. */
    record Concatenation(List<Expression> parts) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            Run run = scope.run();
            run.step();
            var out = new TextBuilder(run);
            for (Expression part : parts) {
                Value value = part.evaluate(scope);
                if (run.autoescape()) {
                    out.append(Markup.escape(value.text(run), run));
                } else {
                    value.print(out);
                }
            }
            return run.autoescape() ? out.toText().asMarkup() : out.toText();
        }
    }

    /** {@code a < b <= c}: every neighbouring pair must hold. */
    record Comparison(Expression first, List<String> operators, List<Expression> operands) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            return BooleanValue.of(holds(scope));
        }

        @Override
        public boolean holds(Scope scope) {
            Run run = scope.run();
            Value left = first.evaluate(scope);
            for (int i = 0; i < operands.size(); i++) {
                run.step();
                Value right = operands.get(i).evaluate(scope);
                boolean holds = switch (operators.get(i)) {
                    case "==" -> Operators.equal(left, right, run);
                    case "!=" -> !Operators.equal(left, right, run);
                    case "in" -> Operators.contains(right, left, run);
                    case "not in" -> !Operators.contains(right, left, run);
                    default -> Operators.ordered(operators.get(i), left, right, run);
                };
                if (!holds) {
                    return false;
                }
                left = right;
            }
            return true;
        }
    }

    /** {@code a and b and c} or {@code a or b or c}: the first value that decides. */
    record Logic(boolean and, List<Expression> operands) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            Value value = NoneValue.NONE;
            for (Expression operand : operands) {
                value = operand.evaluate(scope);
                if (value.isTrue() != and) {
                    return value;
                }
            }
            return value;
        }

        @Override
        public boolean holds(Scope scope) {
            for (Expression operand : operands) {
                if (operand.holds(scope) != and) {
                    return !and;
                }
            }
            return and;
        }
    }

    /** {@code not a}. */
    record Not(Expression operand) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            return BooleanValue.of(!operand.holds(scope));
        }

        @Override
        public boolean holds(Scope scope) {
            return !operand.holds(scope);
        }
    }

    /** {@code a if condition else b}. */
    record Conditional(Expression condition, Expression then, @Nullable Expression otherwise, int line) implements Expression {
        @Override
        public Value evaluate(Scope scope) {
            if (condition.holds(scope)) {
                return then.evaluate(scope);
            }
            return otherwise != null
                    ? otherwise.evaluate(scope)
                    : new Undefined(
                            "the inline if-expression on line " + line + " evaluated to false and no else section was defined.");
        }
    }
}

package moka.template.jinja.tree;

import java.util.List;
import moka.template.jinja.builtin.Filters;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Markup;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** A part of a template that writes text or changes variables. Lines count from 1. */
public sealed interface Statement permits Statement.Literal, Statement.Print, Statement.Branch, Statement.Set, Statement.SetBlock,
        Statement.FilterBlock, Statement.With, Statement.Autoescape, Statement.Scoped, Statement.Block, Statement.Jump,
        Statement.Unsupported, ForLoop, MacroDefinition, CallBlock {

    Flow execute(Scope scope, TextBuilder out);

    /** Statements in a row. */
    record Body(List<Statement> statements) {
        Flow execute(Scope scope, TextBuilder out) {
            for (int i = 0; i < statements.size(); i++) {
                Flow flow = statements.get(i).execute(scope, out);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            }
            return Flow.NEXT;
        }

        /** Runs the statements in a scope of their own and gives what they write. */
        Text capture(Scope scope) {
            var out = new TextBuilder(scope.run());
            execute(scope, out);
            return scope.run().autoescape() ? out.toText().asMarkup() : out.toText();
        }
    }

    /** The template's own text. */
    record Literal(String text) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            out.append(text);
            return Flow.NEXT;
        }
    }

    /** <code>{{ expression }}</code>. */
    record Print(Expression expression, int line) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            Run run = scope.run();
            run.line(line);
            Value value = expression.evaluate(scope);
            if (run.autoescape()) {
                out.append(Markup.escape(value.text(run), run));
            } else {
                value.print(out);
            }
            return Flow.NEXT;
        }
    }

    /** {@code if}, {@code elif} and {@code else}: a condition for each body, and perhaps one body more. */
    record Branch(List<Expression> conditions, List<Body> bodies, List<Integer> lines) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            scope.run().step();
            for (int i = 0; i < conditions.size(); i++) {
                scope.run().line(lines.get(i));
                if (conditions.get(i).holds(scope)) {
                    return bodies.get(i).execute(scope, out);
                }
            }
            return bodies.size() > conditions.size() ? bodies.getLast().execute(scope, out) : Flow.NEXT;
        }
    }

    /** {@code set target = expression}. */
    record Set(Target target, Expression expression, int line) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            scope.run().line(line);
            target.assign(expression.evaluate(scope), scope);
            return Flow.NEXT;
        }
    }

    /** {@code set target | filters} with a body that becomes the value. */
    record SetBlock(Target target, List<FilterCall> filters, Body body, int line) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            scope.run().line(line);
            target.assign(FilterCall.applyAll(filters, body.capture(scope.inner()), scope), scope);
            return Flow.NEXT;
        }
    }

    /** A filter without its input. */
    record FilterCall(String name, CallArguments arguments) {
        static Value applyAll(List<FilterCall> filters, Value input, Scope scope) {
            Value value = input;
            for (FilterCall filter : filters) {
                value = Filters.apply(filter.name, value, filter.arguments.evaluate(scope), scope.run());
            }
            return value;
        }
    }

    /** {@code filter filters} around a body. */
    record FilterBlock(List<FilterCall> filters, Body body, int line) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            scope.run().line(line);
            FilterCall.applyAll(filters, body.capture(scope.inner()), scope).print(out);
            return Flow.NEXT;
        }
    }

    /** {@code with}: variables for a body alone; all values are computed before any is set. */
    record With(List<Target> targets, List<Expression> values, Body body, int line) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            scope.run().line(line);
            var computed = new Value[values.size()];
            for (int i = 0; i < computed.length; i++) {
                computed[i] = values.get(i).evaluate(scope);
            }
            Scope inner = scope.inner();
            for (int i = 0; i < computed.length; i++) {
                targets.get(i).assign(computed[i], inner);
            }
            return body.execute(inner, out);
        }
    }

    /** {@code autoescape}: whether a body escapes what it prints. */
    record Autoescape(Expression on, Body body) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            Run run = scope.run();
            boolean before = run.autoescape();
            run.autoescape(on.holds(scope));
            Flow flow = body.execute(scope.inner(), out);
            run.autoescape(before);
            return flow;
        }
    }

    /** A body with variables of its own: {@code generation}, which only marks what a model would have written. */
    record Scoped(Body body) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            return body.execute(scope.inner(), out);
        }
    }

    /** {@code block}: sees only the variables of the template unless it is {@code scoped}. */
    record Block(String name, boolean scoped, Body body) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            scope.run().step();
            return body.execute(scoped ? scope.inner() : scope.root().inner(), out);
        }
    }

    /** {@code break} or {@code continue}. */
    record Jump(boolean ends) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            return ends ? Flow.BREAK : Flow.CONTINUE;
        }
    }

    /** A statement that needs other templates, of which a chat has none. */
    record Unsupported(String tag, int line) implements Statement {
        @Override
        public Flow execute(Scope scope, TextBuilder out) {
            scope.run().line(line);
            throw new JinjaException(
                    JinjaException.Kind.UNSUPPORTED, "'" + tag + "' needs another template, and a chat template has none beside it");
        }
    }

    /** The value of an expression for a statement that may lack one. */
    static boolean holds(@Nullable Expression expression, Scope scope) {
        return expression == null || expression.holds(scope);
    }
}

package moka.template.jinja.tree;

import moka.template.jinja.tree.Statement.Body;
import moka.template.jinja.value.TextBuilder;

/** {@code call(parameters) macro(arguments)} with a body that the macro calls as {@code caller}. */
public record CallBlock(MacroDefinition caller, Expression.Call call, int line) implements Statement {
    @Override
    public Flow execute(Scope scope, TextBuilder out) {
        scope.run().line(line);
        call.evaluate(scope, new Macro(caller, scope)).print(out);
        return Flow.NEXT;
    }

    /** The body that the macro calls. */
    Body body() {
        return caller.body();
    }
}

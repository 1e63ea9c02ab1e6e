package moka.template.jinja.tree;

import java.util.List;
import moka.template.jinja.tree.Statement.Body;
import moka.template.jinja.value.TextBuilder;

/**
 * {@code macro name(parameters)}.
 *
 * @param name interned
 * @param signature parameters, and which special variables the body uses
 * @param levels how deep the body is nested, which a call adds to the depth of the run
 */
public record MacroDefinition(String name, Signature signature, Body body, int levels, int line) implements Statement {
    /**
     * What a macro takes.
     *
     * @param parameters interned names
     * @param defaults for the last so many parameters
     * @param usesCaller whether the body reads {@code caller} without having it as a parameter
     */
    public record Signature(
            List<String> parameters, List<Expression> defaults, boolean usesCaller, boolean usesVarargs, boolean usesKwargs) {}

    @Override
    public Flow execute(Scope scope, TextBuilder out) {
        scope.run().line(line);
        scope.set(name, new Macro(this, scope));
        return Flow.NEXT;
    }
}

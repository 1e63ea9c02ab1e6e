package moka.template.jinja.tree;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.Callable;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** A macro, or the body of a call block, with the variables that were around where it was defined. */
final class Macro implements Callable {
    private final MacroDefinition definition;
    private final Scope scope;

    Macro(MacroDefinition definition, Scope scope) {
        this.definition = definition;
        this.scope = scope;
    }

    @Override
    public Value call(Arguments arguments, Run run) {
        run.step();
        int line = run.line();
        run.enter(definition.levels());
        Scope inner = scope.inner();
        bind(arguments, inner, run);
        Text text = definition.body().capture(inner);
        run.leave(definition.levels());
        run.line(line);
        return text;
    }

    private void bind(Arguments arguments, Scope inner, Run run) {
        var signature = definition.signature();
        List<String> parameters = signature.parameters();
        int positional = Math.min(arguments.positionalCount(), parameters.size());
        int named = 0;
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i);
            Value value = i < positional ? arguments.positional(i) : arguments.named(name);
            named += i >= positional && value != null ? 1 : 0;
            inner.set(name, value != null ? value : otherwise(i, inner));
        }
        if (signature.usesCaller()) {
            Value caller = arguments.named("caller");
            named += caller != null ? 1 : 0;
            inner.set("caller", caller != null ? caller : new Undefined("No caller defined"));
        }
        if (signature.usesKwargs()) {
            inner.set("kwargs", rest(arguments, positional, run));
        } else if (named < arguments.namedCount()) {
            throw JinjaException.type("macro '" + definition.name() + "' takes no keyword argument '" + unknown(arguments, positional) + "'");
        }
        if (signature.usesVarargs()) {
            run.charge(arguments.positionalCount() - positional);
            inner.set("varargs", Sequence.tuple(arguments.drop(positional).positionals()));
        } else if (arguments.positionalCount() > parameters.size()) {
            throw JinjaException.type("macro '" + definition.name() + "' takes not more than " + parameters.size() + " argument(s)");
        }
    }

    private Value otherwise(int parameter, Scope inner) {
        List<Expression> defaults = definition.signature().defaults();
        int at = parameter - (definition.signature().parameters().size() - defaults.size());
        return at >= 0
                ? defaults.get(at).evaluate(inner)
                : new Undefined("parameter '" + definition.signature().parameters().get(parameter) + "' was not provided");
    }

    private boolean isTaken(String name, int positional) {
        int parameter = definition.signature().parameters().indexOf(name);
        return parameter >= positional || name.equals("caller") && definition.signature().usesCaller();
    }

    private Dict rest(Arguments arguments, int positional, Run run) {
        Dict rest = Dict.own();
        for (int i = 0; i < arguments.namedCount(); i++) {
            if (!isTaken(arguments.name(i), positional)) {
                run.charge(16);
                rest.put(arguments.nameText(i), arguments.named(i));
            }
        }
        return rest;
    }

    private String unknown(Arguments arguments, int positional) {
        for (int i = 0; i < arguments.namedCount(); i++) {
            if (!isTaken(arguments.name(i), positional)) {
                return arguments.name(i);
            }
        }
        return "?";
    }

    @Override
    public @Nullable Value attribute(String name, Run run) {
        var signature = definition.signature();
        return switch (name) {
            case "name" -> definition.name().isEmpty() ? NoneValue.NONE : Text.trusted(definition.name());
            case "arguments" -> {
                var names = new ArrayList<Value>();
                signature.parameters().forEach(parameter -> names.add(Text.trusted(parameter)));
                yield Sequence.tuple(names);
            }
            case "catch_kwargs" -> BooleanValue.of(signature.usesKwargs());
            case "catch_varargs" -> BooleanValue.of(signature.usesVarargs());
            case "caller" -> BooleanValue.of(signature.usesCaller());
            default -> null;
        };
    }

    @Override
    public String typeName() {
        return "jinja2.runtime.Macro";
    }

    @Override
    public void repr(TextBuilder out) {
        out.append(definition.name().isEmpty() ? "<Macro anonymous>" : "<Macro '" + definition.name() + "'>");
    }
}

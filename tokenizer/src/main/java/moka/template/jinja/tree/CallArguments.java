package moka.template.jinja.tree;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call as written.
 *
 * @param names names of the last so many expressions
 * @param star what is unpacked to positional arguments
 * @param doubleStar what is unpacked to named arguments
 */
public record CallArguments(List<Expression> expressions, List<String> names, @Nullable Expression star, @Nullable Expression doubleStar) {
    public static final CallArguments NONE = new CallArguments(List.of(), List.of(), null, null);

    private static final String[] NO_NAMES = {};

    Arguments evaluate(Scope scope) {
        if (star != null || doubleStar != null) {
            return unpack(scope);
        }
        if (expressions.isEmpty()) {
            return Arguments.NONE;
        }
        var values = new Value[expressions.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = expressions.get(i).evaluate(scope);
        }
        return new Arguments(values, names.isEmpty() ? NO_NAMES : names.toArray(NO_NAMES));
    }

    private Arguments unpack(Scope scope) {
        Run run = scope.run();
        var values = new ArrayList<Value>();
        int positional = expressions.size() - names.size();
        for (Expression expression : expressions.subList(0, positional)) {
            values.add(expression.evaluate(scope));
        }
        if (star != null) {
            List<Value> unpacked = star.evaluate(scope).elements(run);
            run.charge(unpacked.size());
            values.addAll(unpacked);
        }
        var allNames = new ArrayList<>(names);
        boolean namesTrusted = true;
        for (Expression expression : expressions.subList(positional, expressions.size())) {
            values.add(expression.evaluate(scope));
        }
        if (doubleStar != null) {
            Value named = doubleStar.evaluate(scope);
            if (!(named instanceof Dict dict)) {
                throw JinjaException.type("argument after ** must be a mapping, not " + named.typeName());
            }
            run.charge(4L * dict.length());
            var taken = new HashSet<>(names);
            for (Dict.Entry entry : dict.entries()) {
                if (!(entry.key() instanceof Text name)) {
                    throw JinjaException.type("keywords must be strings");
                }
                if (!taken.add(name.chars())) {
                    throw JinjaException.type("got multiple values for keyword argument '" + name + "'");
                }
                allNames.add(name.chars());
                namesTrusted &= name.isTrusted();
                values.add(entry.value());
            }
        }
        return new Arguments(values.toArray(new Value[0]), allNames.toArray(NO_NAMES), namesTrusted);
    }
}

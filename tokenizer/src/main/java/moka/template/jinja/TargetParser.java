package moka.template.jinja;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.Token.Kind;
import moka.template.jinja.tree.Expression;
import moka.template.jinja.tree.Target;

/** What is assigned to: variables, attributes of namespaces, tuples of them; and the parameters of macros. */
final class TargetParser {
    private final Cursor cursor;
    private final NamesInUse names;
    private final ExpressionParser expressions;

    TargetParser(Cursor cursor, NamesInUse names, ExpressionParser expressions) {
        this.cursor = cursor;
        this.names = names;
        this.expressions = expressions;
    }

    /** Parameters of a macro. @param defaults for the last so many names */
    record Parameters(List<String> names, List<Expression> defaults) {
        static final Parameters NONE = new Parameters(List.of(), List.of());
    }

    Target parseSetTarget() {
        return parseSeveral(true);
    }

    Target parseForTarget() {
        Token begin = cursor.current();
        Target target = parseSeveral(false);
        if (names(target, "loop")) {
            throw cursor.error("Can't assign to special loop variable in for-loop target", begin);
        }
        return target;
    }

    private static boolean names(Target target, String name) {
        if (target instanceof Target.Several several) {
            for (Target one : several.targets()) {
                if (names(one, name)) {
                    return true;
                }
            }
        }
        return target instanceof Target.Variable variable && variable.name().equals(name);
    }

    private Target parseSeveral(boolean withMembers) {
        var targets = new ArrayList<Target>();
        boolean tuple = false;
        while (!atEnd()) {
            targets.add(parseOne(withMembers));
            if (!cursor.skip(",")) {
                break;
            }
            tuple = true;
        }
        if (targets.isEmpty()) {
            throw cursor.error("Expected an expression, got '" + cursor.current().shown() + "'");
        }
        return tuple ? new Target.Several(targets) : targets.getFirst();
    }

    private boolean atEnd() {
        return cursor.at(Kind.BLOCK_END) || cursor.at(")") || cursor.at("=");
    }

    private Target parseOne(boolean withMembers) {
        if (cursor.skip("(")) {
            cursor.enter();
            Target inner = parseSeveral(withMembers);
            cursor.leave();
            cursor.expect(")");
            return inner;
        }
        if (withMembers && cursor.at(Kind.NAME) && cursor.ahead().is(".")) {
            String namespace = cursor.take().text();
            cursor.take();
            return new Target.Member(namespace, cursor.expect(Kind.NAME).text());
        }
        return new Target.Variable(parseName());
    }

    /** A name that can be assigned to. */
    String parseName() {
        Token token = cursor.current();
        if (token.kind() != Kind.NAME) {
            throw token.kind() == Kind.TEXT || token.kind() == Kind.INTEGER || token.kind() == Kind.FLOAT
                    ? cursor.error("can't assign to 'const'")
                    : cursor.expected("'name'");
        }
        switch (token.text()) {
            case "true", "True", "false", "False", "none", "None" -> throw cursor.error("can't assign to 'const'");
            default -> {
                names.special().set(token.text());
                return cursor.take().text();
            }
        }
    }

    Parameters parseParameters() {
        var names = new ArrayList<String>();
        var defaults = new ArrayList<Expression>();
        cursor.expect("(");
        while (!cursor.at(")")) {
            if (!names.isEmpty()) {
                cursor.expect(",");
            }
            Token token = cursor.current();
            String name = parseName();
            if (names.contains(name)) {
                throw cursor.error("duplicate argument '" + name + "' in the parameters of a macro", token);
            }
            names.add(name);
            if (names.size() > SuffixParser.MAX_ARGUMENTS) {
                throw cursor.error("more than " + SuffixParser.MAX_ARGUMENTS + " parameters");
            }
            if (cursor.skip("=")) {
                defaults.add(expressions.parse());
            } else if (!defaults.isEmpty()) {
                throw cursor.error("non-default argument follows default argument");
            }
        }
        cursor.expect(")");
        return new Parameters(names, defaults);
    }
}

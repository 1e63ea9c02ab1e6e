package moka.template.jinja;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.Token.Kind;
import moka.template.jinja.builtin.Filters;
import moka.template.jinja.builtin.Tests;
import moka.template.jinja.tree.CallArguments;
import moka.template.jinja.tree.Expression;
import moka.template.jinja.tree.Expression.Attribute;
import moka.template.jinja.tree.Expression.Call;
import moka.template.jinja.tree.Expression.Constant;
import moka.template.jinja.tree.Expression.Filter;
import moka.template.jinja.tree.Expression.Item;
import moka.template.jinja.tree.Expression.Not;
import moka.template.jinja.tree.Expression.SequenceLiteral;
import moka.template.jinja.tree.Expression.SliceOf;
import moka.template.jinja.tree.Expression.Test;
import moka.template.jinja.tree.Statement;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.NoneValue;

/** What follows an operand: attributes, subscripts and calls, then filters and tests. */
final class SuffixParser {
    /** Of a call, and parameters of a macro. */
    static final int MAX_ARGUMENTS = 128;

    private static final Constant NONE = new Constant(NoneValue.NONE);

    private final Cursor cursor;
    private final NamesInUse names;
    private final ExpressionParser expressions;
    private final OperandParser operands;

    SuffixParser(Cursor cursor, NamesInUse names, ExpressionParser expressions, OperandParser operands) {
        this.cursor = cursor;
        this.names = names;
        this.expressions = expressions;
        this.operands = operands;
    }

    /** Subscripts, attributes and calls, then filters and tests, which may be called again. */
    Expression parse(Expression start, boolean withFilters) {
        Expression expression = start;
        boolean filtered = false;
        int levels = 0;
        while (true) {
            if (!filtered && cursor.skip(".")) {
                expression = parseAttribute(expression);
            } else if (!filtered && cursor.skip("[")) {
                expression = parseSubscript(expression);
            } else if (cursor.at("(")) {
                expression = new Call(expression, parseArguments());
            } else if (withFilters && cursor.skip("|")) {
                filtered = true;
                expression = parseFilter(expression);
            } else if (withFilters && cursor.skipName("is")) {
                filtered = true;
                expression = parseTest(expression);
            } else {
                cursor.leave(levels);
                return expression;
            }
            cursor.enter();
            levels++;
        }
    }

    private Expression parseAttribute(Expression owner) {
        Token token = cursor.take();
        if (token.kind() == Kind.INTEGER) {
            return new Item(owner, new Constant(IntegerValue.of(operands.integer(token))));
        }
        if (token.kind() != Kind.NAME) {
            throw cursor.error("expected name or number", token);
        }
        return new Attribute(owner, token.text());
    }

    private Expression parseSubscript(Expression owner) {
        var keys = new ArrayList<Expression>();
        while (!cursor.at("]")) {
            if (!keys.isEmpty()) {
                cursor.expect(",");
            }
            Expression key = parseSubscriptKey(owner);
            if (key instanceof SliceOf && keys.isEmpty() && cursor.at("]")) {
                cursor.expect("]");
                return key;
            }
            // A slice among several keys makes a key that nothing has.
            keys.add(key instanceof SliceOf ? NONE : key);
        }
        cursor.expect("]");
        return new Item(owner, keys.size() == 1 ? keys.getFirst() : new SequenceLiteral(keys, true));
    }

    private Expression parseSubscriptKey(Expression owner) {
        Expression start = cursor.at(":") ? NONE : expressions.parse();
        if (!cursor.skip(":")) {
            return start;
        }
        Expression stop = atSliceEnd() ? NONE : expressions.parse();
        Expression step = NONE;
        if (cursor.skip(":") && !atSliceEnd()) {
            step = expressions.parse();
        }
        return new SliceOf(owner, start, stop, step);
    }

    private boolean atSliceEnd() {
        return cursor.at(":") || cursor.at("]") || cursor.at(",");
    }

    CallArguments parseArguments() {
        Token begin = cursor.current();
        cursor.expect("(");
        var positional = new ArrayList<Expression>();
        var argumentNames = new ArrayList<String>();
        var named = new ArrayList<Expression>();
        Expression star = null;
        Expression doubleStar = null;
        boolean first = true;
        while (!cursor.at(")")) {
            if (!first) {
                cursor.expect(",");
                if (cursor.at(")")) {
                    break;
                }
            }
            first = false;
            boolean allowed;
            if (cursor.skip("*")) {
                allowed = star == null && doubleStar == null;
                star = expressions.parse();
            } else if (cursor.skip("**")) {
                allowed = doubleStar == null;
                doubleStar = expressions.parse();
            } else if (cursor.at(Kind.NAME) && cursor.ahead().is("=")) {
                allowed = doubleStar == null;
                String name = cursor.take().text();
                cursor.take();
                if (argumentNames.contains(name)) {
                    throw cursor.error("keyword argument repeated: " + name, begin);
                }
                argumentNames.add(name);
                named.add(expressions.parse());
            } else {
                allowed = star == null && doubleStar == null && named.isEmpty();
                positional.add(expressions.parse());
            }
            if (positional.size() + named.size() > MAX_ARGUMENTS) {
                throw cursor.error("more than " + MAX_ARGUMENTS + " arguments", begin);
            }
            if (!allowed) {
                throw cursor.error("invalid syntax for function call expression", begin);
            }
        }
        cursor.expect(")");
        if (first) {
            return CallArguments.NONE;
        }
        positional.addAll(named);
        return new CallArguments(positional, argumentNames, star, doubleStar);
    }

    private Filter parseFilter(Expression input) {
        Token token = cursor.current();
        String name = dottedName();
        if (!Filters.exist(name)) {
            names.addUnknown(cursor.error("No filter named '" + name + "'.", token));
        }
        return new Filter(input, name, cursor.at("(") ? parseArguments() : CallArguments.NONE);
    }

    /** A filter whose input is not written before it. */
    Statement.FilterCall parseFilterCall() {
        Filter filter = parseFilter(NONE);
        return new Statement.FilterCall(filter.name(), filter.arguments());
    }

    private Expression parseTest(Expression value) {
        boolean negated = cursor.skipName("not");
        Token token = cursor.current();
        String name = dottedName();
        if (!Tests.exist(name)) {
            names.addUnknown(cursor.error("No test named '" + name + "'.", token));
        }
        CallArguments arguments = CallArguments.NONE;
        if (cursor.at("(")) {
            arguments = parseArguments();
        } else if (beginsTestArgument()) {
            if (cursor.atName("is")) {
                throw cursor.error("You cannot chain multiple tests with is");
            }
            arguments = new CallArguments(List.of(parseTestArgument()), List.of(), null, null);
        }
        Expression test = new Test(value, name, arguments);
        return negated ? new Not(test) : test;
    }

    private boolean beginsTestArgument() {
        Token token = cursor.current();
        return switch (token.kind()) {
            case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
            case TEXT, INTEGER, FLOAT -> true;
            default -> token.is("[") || token.is("{");
        };
    }

    private Expression parseTestArgument() {
        cursor.enter();
        Expression argument = parse(operands.parse(), false);
        cursor.leave();
        return argument;
    }

    private String dottedName() {
        String name = cursor.expect(Kind.NAME).text();
        while (cursor.skip(".")) {
            name += "." + cursor.expect(Kind.NAME).text();
        }
        return name;
    }
}

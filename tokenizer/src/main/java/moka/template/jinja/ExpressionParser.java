package moka.template.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.Token.Kind;
import moka.template.jinja.builtin.Filters;
import moka.template.jinja.builtin.Tests;
import moka.template.jinja.tree.CallArguments;
import moka.template.jinja.tree.Expression;
import moka.template.jinja.tree.Expression.Arithmetic;
import moka.template.jinja.tree.Expression.Attribute;
import moka.template.jinja.tree.Expression.Call;
import moka.template.jinja.tree.Expression.Comparison;
import moka.template.jinja.tree.Expression.Concatenation;
import moka.template.jinja.tree.Expression.Conditional;
import moka.template.jinja.tree.Expression.Constant;
import moka.template.jinja.tree.Expression.DictLiteral;
import moka.template.jinja.tree.Expression.Filter;
import moka.template.jinja.tree.Expression.Item;
import moka.template.jinja.tree.Expression.Logic;
import moka.template.jinja.tree.Expression.Name;
import moka.template.jinja.tree.Expression.Not;
import moka.template.jinja.tree.Expression.SequenceLiteral;
import moka.template.jinja.tree.Expression.Sign;
import moka.template.jinja.tree.Expression.SliceOf;
import moka.template.jinja.tree.Expression.Test;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.FloatValue;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Text;

/**
 * Expressions by precedence, loosest first: {@code if else}, {@code or}, {@code and}, {@code not}, comparisons, {@code + -},
 * {@code ~}, {@code * / // %}, {@code **} (to the left, and looser than a sign), signs, then subscripts, calls, filters and tests.
 */
final class ExpressionParser {
    /** Of a call, and parameters of a macro. */
    static final int MAX_ARGUMENTS = 128;

    /** Of an integer, as in Python. */
    private static final int MAX_DIGITS = 4300;

    private static final Constant NONE = new Constant(NoneValue.NONE);

    private final Cursor cursor;
    /** Uses of filters and tests that do not exist, where they cannot be skipped. */
    private final List<JinjaException> unknown = new ArrayList<>();
    /** Special names of the macro being parsed. */
    private SpecialNames specialNames = new SpecialNames();
    /** Whether what is being parsed runs only under a condition: a filter that does not exist is then an error only if it runs. */
    private boolean conditional;

    ExpressionParser(Cursor cursor) {
        this.cursor = cursor;
    }

    /** Sets whether what follows runs only under a condition. @return what was set before */
    boolean conditional(boolean now) {
        boolean before = conditional;
        conditional = now;
        return before;
    }

    SpecialNames specialNames() {
        return specialNames;
    }

    /** Collects special names anew. @return where they were collected before */
    SpecialNames specialNames(SpecialNames names) {
        SpecialNames before = specialNames;
        specialNames = names;
        return before;
    }

    /** @throws JinjaException if a filter or test does not exist and would have run */
    void checkNames() {
        if (!unknown.isEmpty()) {
            throw unknown.getFirst();
        }
    }

    Expression parse() {
        cursor.enter();
        int line = cursor.current().line();
        int unknownBefore = unknown.size();
        Expression value = parseOr();
        int levels = 0;
        while (cursor.skipName("if")) {
            cursor.enter();
            levels++;
            Expression condition = parseOr();
            Expression otherwise = cursor.skipName("else") ? parse() : null;
            value = new Conditional(condition, value, otherwise, line);
            unknown.subList(unknownBefore, unknown.size()).clear();
        }
        cursor.leave(levels + 1);
        return value;
    }

    /** An expression, or several with commas between them, which make a tuple; not conditional if a condition may follow. */
    Expression parseTuple(boolean mayBeConditional) {
        var elements = new ArrayList<Expression>();
        boolean tuple = false;
        while (!atTupleEnd()) {
            elements.add(mayBeConditional ? parse() : parseUnconditional());
            if (!cursor.skip(",")) {
                break;
            }
            tuple = true;
        }
        if (elements.isEmpty()) {
            throw cursor.error("Expected an expression, got '" + cursor.current().shown() + "'");
        }
        return tuple ? new SequenceLiteral(elements, true) : elements.getFirst();
    }

    private boolean atTupleEnd() {
        return cursor.at(Kind.PRINT_END) || cursor.at(Kind.BLOCK_END) || cursor.at(")") || cursor.atName("recursive");
    }

    private Expression parseUnconditional() {
        cursor.enter();
        Expression expression = parseOr();
        cursor.leave();
        return expression;
    }

    private Expression parseOr() {
        Expression first = parseAnd();
        if (!cursor.atName("or")) {
            return first;
        }
        var operands = new ArrayList<>(List.of(first));
        while (cursor.skipName("or")) {
            operands.add(parseAnd());
        }
        return new Logic(false, operands);
    }

    private Expression parseAnd() {
        Expression first = parseNot();
        if (!cursor.atName("and")) {
            return first;
        }
        var operands = new ArrayList<>(List.of(first));
        while (cursor.skipName("and")) {
            operands.add(parseNot());
        }
        return new Logic(true, operands);
    }

    private Expression parseNot() {
        if (!cursor.skipName("not")) {
            return parseComparison();
        }
        cursor.enter();
        Expression operand = parseNot();
        cursor.leave();
        return new Not(operand);
    }

    private Expression parseComparison() {
        Expression first = parseSum();
        String operator = comparison();
        if (operator.isEmpty()) {
            return first;
        }
        var operators = new ArrayList<String>();
        var operands = new ArrayList<Expression>();
        for (; !operator.isEmpty(); operator = comparison()) {
            operators.add(operator);
            operands.add(parseSum());
        }
        return new Comparison(first, operators, operands);
    }

    /** Takes a comparison operator; empty if there is none. */
    private String comparison() {
        Token token = cursor.current();
        if (token.kind() == Kind.OPERATOR) {
            return switch (token.text()) {
                case "==", "!=", "<", "<=", ">", ">=" -> cursor.take().text();
                default -> "";
            };
        }
        if (cursor.skipName("in")) {
            return "in";
        }
        if (token.isName("not") && cursor.ahead().isName("in")) {
            cursor.take();
            cursor.take();
            return "not in";
        }
        return "";
    }

    private Expression parseSum() {
        Expression first = parseConcatenation();
        if (!cursor.at("+") && !cursor.at("-")) {
            return first;
        }
        var operators = new ArrayList<String>();
        var operands = new ArrayList<Expression>();
        while (cursor.at("+") || cursor.at("-")) {
            operators.add(cursor.take().text());
            operands.add(parseConcatenation());
        }
        return new Arithmetic(first, operators, operands);
    }

    private Expression parseConcatenation() {
        Expression first = parseProduct();
        if (!cursor.at("~")) {
            return first;
        }
        var parts = new ArrayList<>(List.of(first));
        while (cursor.skip("~")) {
            parts.add(parseProduct());
        }
        return new Concatenation(parts);
    }

    private Expression parseProduct() {
        Expression first = parsePower();
        if (!atProduct()) {
            return first;
        }
        var operators = new ArrayList<String>();
        var operands = new ArrayList<Expression>();
        while (atProduct()) {
            operators.add(cursor.take().text());
            operands.add(parsePower());
        }
        return new Arithmetic(first, operators, operands);
    }

    private boolean atProduct() {
        return cursor.at("*") || cursor.at("/") || cursor.at("//") || cursor.at("%");
    }

    private Expression parsePower() {
        Expression first = parseSign(true);
        if (!cursor.at("**")) {
            return first;
        }
        var operators = new ArrayList<String>();
        var operands = new ArrayList<Expression>();
        while (cursor.at("**")) {
            operators.add(cursor.take().text());
            operands.add(parseSign(true));
        }
        return new Arithmetic(first, operators, operands);
    }

    private Expression parseSign(boolean withFilters) {
        Expression expression;
        if (cursor.at("-") || cursor.at("+")) {
            boolean minus = cursor.take().is("-");
            cursor.enter();
            expression = new Sign(minus, parseSign(false));
            cursor.leave();
        } else {
            expression = parsePrimary();
        }
        return parseSuffixes(expression, withFilters);
    }

    Expression parsePrimary() {
        Token token = cursor.take();
        return switch (token.kind()) {
            case NAME -> parseName(token);
            case TEXT -> parseText(token);
            case INTEGER -> new Constant(IntegerValue.of(integer(token)));
            case FLOAT -> new Constant(new FloatValue(Double.parseDouble(token.text())));
            default -> {
                if (token.is("(")) {
                    yield parseParentheses();
                }
                if (token.is("[")) {
                    yield parseList();
                }
                if (token.is("{")) {
                    yield parseDict();
                }
                throw cursor.error("unexpected '" + token.shown() + "'", token);
            }
        };
    }

    private Expression parseName(Token token) {
        switch (token.text()) {
            case "true", "True" -> {
                return new Constant(BooleanValue.TRUE);
            }
            case "false", "False" -> {
                return new Constant(BooleanValue.FALSE);
            }
            case "none", "None" -> {
                return NONE;
            }
            default -> {
                specialNames.read(token.text());
                return new Name(token.text());
            }
        }
    }

    /** Texts that stand beside each other are one. */
    private Expression parseText(Token first) {
        if (!cursor.at(Kind.TEXT)) {
            return new Constant(Text.trusted(first.text()));
        }
        var joined = new StringBuilder(first.text());
        while (cursor.at(Kind.TEXT)) {
            joined.append(cursor.take().text());
        }
        return new Constant(Text.trusted(joined.toString()));
    }

    private BigInteger integer(Token token) {
        String digits = token.text();
        if (digits.length() > MAX_DIGITS) {
            throw cursor.error("Exceeds the limit (" + MAX_DIGITS + " digits) for integer string conversion", token);
        }
        int radix = digits.length() < 3 ? 10
                : switch (digits.charAt(1)) {
                    case 'x', 'X' -> 16;
                    case 'o', 'O' -> 8;
                    case 'b', 'B' -> 2;
                    default -> 10;
                };
        return new BigInteger(radix == 10 ? digits : digits.substring(2), radix);
    }

    private Expression parseParentheses() {
        var elements = new ArrayList<Expression>();
        boolean tuple = cursor.at(")");
        while (!cursor.at(")")) {
            elements.add(parse());
            if (!cursor.skip(",")) {
                break;
            }
            tuple = true;
        }
        cursor.expect(")");
        return tuple ? new SequenceLiteral(elements, true) : elements.getFirst();
    }

    private Expression parseList() {
        var elements = new ArrayList<Expression>();
        while (!cursor.at("]")) {
            if (!elements.isEmpty()) {
                cursor.expect(",");
            }
            if (cursor.at("]")) {
                break;
            }
            elements.add(parse());
        }
        cursor.expect("]");
        return new SequenceLiteral(elements, false);
    }

    private Expression parseDict() {
        var entries = new ArrayList<Expression>();
        while (!cursor.at("}")) {
            if (!entries.isEmpty()) {
                cursor.expect(",");
            }
            if (cursor.at("}")) {
                break;
            }
            entries.add(parse());
            cursor.expect(":");
            entries.add(parse());
        }
        cursor.expect("}");
        return new DictLiteral(entries);
    }

    /** Subscripts, attributes and calls, then filters and tests, which may be called again. */
    private Expression parseSuffixes(Expression start, boolean withFilters) {
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
            return new Item(owner, new Constant(IntegerValue.of(integer(token))));
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
        Expression start = cursor.at(":") ? NONE : parse();
        if (!cursor.skip(":")) {
            return start;
        }
        Expression stop = atSliceEnd() ? NONE : parse();
        Expression step = NONE;
        if (cursor.skip(":") && !atSliceEnd()) {
            step = parse();
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
        var names = new ArrayList<String>();
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
                star = parse();
            } else if (cursor.skip("**")) {
                allowed = doubleStar == null;
                doubleStar = parse();
            } else if (cursor.at(Kind.NAME) && cursor.ahead().is("=")) {
                allowed = doubleStar == null;
                String name = cursor.take().text();
                cursor.take();
                if (names.contains(name)) {
                    throw cursor.error("keyword argument repeated: " + name, begin);
                }
                names.add(name);
                named.add(parse());
            } else {
                allowed = star == null && doubleStar == null && named.isEmpty();
                positional.add(parse());
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
        return new CallArguments(positional, names, star, doubleStar);
    }

    private Filter parseFilter(Expression input) {
        Token token = cursor.current();
        String name = dottedName();
        if (!Filters.exist(name)) {
            unknown("filter", name, token);
        }
        return new Filter(input, name, cursor.at("(") ? parseArguments() : CallArguments.NONE);
    }

    /** A filter whose input is not written before it. */
    moka.template.jinja.tree.Statement.FilterCall parseFilterCall() {
        Filter filter = parseFilter(NONE);
        return new moka.template.jinja.tree.Statement.FilterCall(filter.name(), filter.arguments());
    }

    private Expression parseTest(Expression value) {
        boolean negated = cursor.skipName("not");
        Token token = cursor.current();
        String name = dottedName();
        if (!Tests.exist(name)) {
            unknown("test", name, token);
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
        Expression argument = parseSuffixes(parsePrimary(), false);
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

    private void unknown(String what, String name, Token where) {
        if (!conditional) {
            unknown.add(cursor.error("No " + what + " named '" + name + "'.", where));
        }
    }
}

package moka.template.jinja;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.Token.Kind;
import moka.template.jinja.tree.Expression;
import moka.template.jinja.tree.Expression.Arithmetic;
import moka.template.jinja.tree.Expression.Comparison;
import moka.template.jinja.tree.Expression.Concatenation;
import moka.template.jinja.tree.Expression.Conditional;
import moka.template.jinja.tree.Expression.Logic;
import moka.template.jinja.tree.Expression.Not;
import moka.template.jinja.tree.Expression.SequenceLiteral;
import moka.template.jinja.tree.Expression.Sign;
import moka.template.jinja.tree.Statement.FilterCall;

/**
 * Expressions by precedence, loosest first: {@code if else}, {@code or}, {@code and}, {@code not}, comparisons, {@code + -},
 * {@code ~}, {@code * / // %}, {@code **} (to the left, and looser than a sign), signs, then subscripts, calls, filters and tests.
 */
final class ExpressionParser {
    private final Cursor cursor;
    private final NamesInUse names;
    private final OperandParser operands;
    private final SuffixParser suffixes;

    ExpressionParser(Cursor cursor, NamesInUse names) {
        this.cursor = cursor;
        this.names = names;
        this.operands = new OperandParser(cursor, names, this);
        this.suffixes = new SuffixParser(cursor, names, this, operands);
    }

    /** A filter whose input is not written before it. */
    FilterCall parseFilterCall() {
        return suffixes.parseFilterCall();
    }

    Expression parse() {
        cursor.enter();
        int line = cursor.current().line();
        int unknownBefore = names.unknownCount();
        Expression value = parseOr();
        int levels = 0;
        while (cursor.skipName("if")) {
            cursor.enter();
            levels++;
            Expression condition = parseOr();
            Expression otherwise = cursor.skipName("else") ? parse() : null;
            value = new Conditional(condition, value, otherwise, line);
            names.forgetUnknownFrom(unknownBefore);
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
            expression = operands.parse();
        }
        return suffixes.parse(expression, withFilters);
    }
}

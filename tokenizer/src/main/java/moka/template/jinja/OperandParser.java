package moka.template.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import moka.template.jinja.Token.Kind;
import moka.template.jinja.tree.Expression;
import moka.template.jinja.tree.Expression.Constant;
import moka.template.jinja.tree.Expression.DictLiteral;
import moka.template.jinja.tree.Expression.Name;
import moka.template.jinja.tree.Expression.SequenceLiteral;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.FloatValue;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Text;

/** What operators work on: names, literals, lists, dicts, tuples and expressions in parentheses. */
final class OperandParser {
    /** Of an integer, as in Python. */
    private static final int MAX_DIGITS = 4300;

    private final Cursor cursor;
    private final NamesInUse names;
    private final ExpressionParser expressions;

    OperandParser(Cursor cursor, NamesInUse names, ExpressionParser expressions) {
        this.cursor = cursor;
        this.names = names;
        this.expressions = expressions;
    }

    /** A name, a literal, or what stands in brackets. */
    Expression parse() {
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
                return new Constant(NoneValue.NONE);
            }
            default -> {
                names.special().read(token.text());
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

    BigInteger integer(Token token) {
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
            elements.add(expressions.parse());
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
            elements.add(expressions.parse());
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
            entries.add(expressions.parse());
            cursor.expect(":");
            entries.add(expressions.parse());
        }
        cursor.expect("}");
        return new DictLiteral(entries);
    }
}

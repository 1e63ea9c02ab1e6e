package moka.template.jinja;

import java.util.List;
import moka.template.jinja.Token.Kind;
import moka.template.jinja.value.JinjaException;

/** Where a parser stands among the tokens, and how deep. */
final class Cursor {
    /** Deeper templates are refused: each level costs a dozen stack frames while parsing. */
    private static final int MAX_DEPTH = 150;

    private final String source;
    private final List<Token> tokens;
    private int next;
    private int depth;
    private int deepest;

    Cursor(String source) {
        this.tokens = Lexer.tokens(source);
        this.source = Lexer.normalize(source);
    }

    Token current() {
        return tokens.get(next);
    }

    Token ahead() {
        return tokens.get(Math.min(next + 1, tokens.size() - 1));
    }

    /** The current token, after which the cursor stands. */
    Token take() {
        Token token = tokens.get(next);
        if (next < tokens.size() - 1) {
            next++;
        }
        return token;
    }

    boolean at(Kind kind) {
        return current().kind() == kind;
    }

    boolean at(String operator) {
        return current().is(operator);
    }

    boolean atName(String name) {
        return current().isName(name);
    }

    /** Takes an operator if it is there. */
    boolean skip(String operator) {
        boolean there = at(operator);
        if (there) {
            take();
        }
        return there;
    }

    boolean skipName(String name) {
        boolean there = atName(name);
        if (there) {
            take();
        }
        return there;
    }

    void expect(String operator) {
        if (!skip(operator)) {
            throw expected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw expected("'" + name + "'");
        }
    }

    Token expect(Kind kind) {
        if (!at(kind)) {
            throw expected("'" + kind.shown + "'");
        }
        return take();
    }

    JinjaException expected(String what) {
        return at(Kind.END)
                ? error("unexpected end of template, expected " + what)
                : error("expected token " + what + ", got '" + current().shown() + "'");
    }

    /** A syntax error at the current token. */
    JinjaException error(String message) {
        return error(message, current());
    }

    JinjaException error(String message, Token where) {
        return Lexer.error(source, message, where.offset());
    }

    /** Goes a level deeper. @throws JinjaException if that is too deep */
    void enter() {
        enter(1);
    }

    void enter(int levels) {
        depth += levels;
        deepest = Math.max(deepest, depth);
        if (depth > MAX_DEPTH) {
            throw error("the template is nested too deeply: more than " + MAX_DEPTH + " levels");
        }
    }

    void leave() {
        leave(1);
    }

    void leave(int levels) {
        depth -= levels;
    }

    /** Starts to measure a part of the template. @return what {@link #endMeasure} needs */
    int beginMeasure() {
        int before = deepest;
        deepest = depth;
        return before;
    }

    /** How many levels the measured part goes deep, at least one. */
    int endMeasure(int before) {
        int levels = deepest - depth + 1;
        deepest = Math.max(deepest, before);
        return levels;
    }
}

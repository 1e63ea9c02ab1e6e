package moka.engine.grammar;

import java.util.List;

/** What a rule says: the syntax tree of a grammar, whether it was written as GBNF or made from a schema. */
sealed interface Expression {
    /** Matches the empty text. */
    Expression EMPTY = new Sequence(List.of());

    /** Matches nothing at all. */
    Expression NOTHING = new Choice(List.of());

    /** Unbounded {@link Repeat#max()}. */
    int UNBOUNDED = -1;

    /** One after the other. */
    record Sequence(List<Expression> parts) implements Expression {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** One of them. */
    record Choice(List<Expression> alternatives) implements Expression {
        public Choice {
            alternatives = List.copyOf(alternatives);
        }
    }

    /** A fixed text, as UTF-8. */
    record Text(String text) implements Expression {}

    /** One code point of a set. */
    record Characters(CodePoints set) implements Expression {}

    /** {@code min} to {@code max} times; {@link #UNBOUNDED} for no maximum. */
    record Repeat(Expression body, int min, int max) implements Expression {}

    /** Another rule. */
    record Reference(String rule) implements Expression {}

    /** One token, whatever its text; all tokens but this one when negated. */
    record Token(TokenName name, boolean negated) implements Expression {}

    /** A token by its id, or by its text where the id is negative. */
    record TokenName(int id, String text) {}

    static Expression sequence(Expression... parts) {
        return new Sequence(List.of(parts));
    }

    static Expression choice(Expression... alternatives) {
        return new Choice(List.of(alternatives));
    }

    static Expression choice(List<Expression> alternatives) {
        return alternatives.size() == 1 ? alternatives.getFirst() : new Choice(alternatives);
    }

    static Expression text(String text) {
        return new Text(text);
    }

    static Expression characters(CodePoints set) {
        return new Characters(set);
    }

    static Expression optional(Expression body) {
        return repeated(body, 0, 1);
    }

    static Expression any(Expression body) {
        return repeated(body, 0, UNBOUNDED);
    }

    static Expression some(Expression body) {
        return repeated(body, 1, UNBOUNDED);
    }

    /** Of {@code x+*}, {@code x?+} and the like one repeat is left: written out, each would double the copies of its body. */
    private static Expression repeated(Expression body, int min, int max) {
        if (body instanceof Repeat(Expression inner, int least, int most) && least <= 1 && (most == 1 || most == UNBOUNDED)) {
            return new Repeat(inner, Math.min(least, min), most == UNBOUNDED ? UNBOUNDED : max);
        }
        return new Repeat(body, min, max);
    }

    /** Number of automaton nodes when written out, references counted as one; saturates at {@link Long#MAX_VALUE} / 4. */
    static long size(Expression expression) {
        return Math.min(Long.MAX_VALUE / 4, switch (expression) {
            case Sequence(List<Expression> parts) -> parts.stream().mapToLong(Expression::size).reduce(0, Expression::add);
            case Choice(List<Expression> alternatives) ->
                alternatives.stream().mapToLong(Expression::size).reduce(1, Expression::add);
            case Text(String text) -> text.length();
            case Characters(CodePoints set) -> set.equals(set.and(CodePoints.range(0, 0x7F))) ? 1 : 8;
            case Repeat(Expression body, int min, int max) -> {
                long copies = Math.max(1, Math.max(min, max));
                yield multiply(size(body) + 1, copies);
            }
            case Reference _, Token _ -> 1;
        });
    }

    private static long add(long a, long b) {
        return Math.min(Long.MAX_VALUE / 4, a + b);
    }

    private static long multiply(long a, long b) {
        long high = Math.multiplyHigh(a, b);
        return high != 0 || a * b < 0 ? Long.MAX_VALUE / 4 : Math.min(Long.MAX_VALUE / 4, a * b);
    }
}

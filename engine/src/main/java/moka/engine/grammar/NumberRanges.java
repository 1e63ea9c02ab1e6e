package moka.engine.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import moka.engine.grammar.Expression.Characters;
import moka.engine.grammar.Expression.Text;

/**
 * JSON numbers, free or between bounds. Numbers with a bound other than 0 are written without an exponent: which texts with an
 * exponent lie between bounds is not a regular question.
 */
final class NumberRanges {
    private static final Expression DIGIT = new Characters(CodePoints.range('0', '9'));
    private static final Expression DIGITS = Expression.some(DIGIT);
    private static final Expression ZEROS = Expression.some(new Text("0"));
    private static final Expression POSITIVE_DIGIT = new Characters(CodePoints.range('1', '9'));
    private static final Expression POSITIVE_INTEGER = Expression.sequence(POSITIVE_DIGIT, Expression.any(DIGIT));
    private static final Expression INTEGER = Expression.choice(new Text("0"), POSITIVE_INTEGER);
    private static final Expression FRACTION = Expression.optional(Expression.sequence(new Text("."), DIGITS));
    private static final Expression ZERO_FRACTION = Expression.optional(Expression.sequence(new Text("."), ZEROS));
    private static final Expression E = new Characters(CodePoints.anyOf("eE"));
    private static final Expression SIGN = Expression.optional(new Characters(CodePoints.anyOf("+-")));
    private static final Expression EXPONENT = Expression.optional(Expression.sequence(E, SIGN, DIGITS));

    /** Leaves an integer an integer: not negative, or zero. */
    private static final Expression INTEGER_EXPONENT = Expression.optional(Expression.sequence(
            E,
            Expression.choice(
                    Expression.sequence(Expression.optional(new Text("+")), DIGITS),
                    Expression.sequence(new Text("-"), ZEROS))));

    private static final Expression MINUS = new Text("-");

    private NumberRanges() {}

    /**
     * What a number must be.
     *
     * @param integer only whole numbers, however they are written
     */
    record Bounds(boolean integer, Bound min, Bound max) {
        static final Bounds NONE = new Bounds(false, Bound.NONE, Bound.NONE);
    }

    /** One end; {@link #NONE} has no value to respect. */
    record Bound(boolean present, BigDecimal value, boolean exclusive) {
        static final Bound NONE = new Bound(false, BigDecimal.ZERO, false);

        static Bound of(BigDecimal value, boolean exclusive) {
            return new Bound(true, value, exclusive);
        }
    }

    /** The numbers within bounds; {@link Expression#NOTHING} where there are none. */
    static Expression of(Bounds bounds) {
        Bound min = bounds.integer() ? whole(bounds.min(), RoundingMode.CEILING) : bounds.min();
        Bound max = bounds.integer() ? whole(bounds.max(), RoundingMode.FLOOR) : bounds.max();
        List<Expression> parts = new ArrayList<>();
        if (allows(min, max, BigDecimal.ZERO)) {
            parts.add(Expression.sequence(Expression.optional(MINUS), new Text("0"), ZERO_FRACTION, EXPONENT));
        }
        parts.add(positive(min, max, bounds.integer()));
        parts.add(Expression.sequence(MINUS, positive(negated(max), negated(min), bounds.integer())));
        return Expression.choice(parts);
    }

    /** One number in its usual writings: more zeros after the point, and an exponent of 0. */
    static Expression literal(BigDecimal value) {
        BigDecimal plain = value.stripTrailingZeros();
        if (plain.signum() == 0) {
            return Expression.sequence(Expression.optional(MINUS), new Text("0"), ZERO_FRACTION, EXPONENT);
        }
        String text = plain.toPlainString();
        Expression zeros = text.indexOf('.') >= 0 ? Expression.any(new Text("0")) : ZERO_FRACTION;
        Expression noExponent = Expression.optional(Expression.sequence(E, SIGN, ZEROS));
        return Expression.sequence(new Text(text), zeros, noExponent);
    }

    /** Numbers with so many digits after the point at most, more zeros aside; without exponent. */
    static Expression withDecimals(int digits) {
        Expression fraction = Expression.sequence(
                new Text("."), new Expression.Repeat(DIGIT, digits == 0 ? 0 : 1, digits), Expression.any(new Text("0")));
        Expression zeros = digits == 0 ? ZERO_FRACTION : Expression.optional(fraction);
        return Expression.sequence(Expression.optional(MINUS), INTEGER, zeros);
    }

    private static Bound whole(Bound bound, RoundingMode rounding) {
        if (!bound.present()) {
            return bound;
        }
        BigDecimal rounded = bound.value().setScale(0, rounding);
        boolean moved = rounded.compareTo(bound.value()) != 0;
        if (bound.exclusive() && !moved) { // x > 3 is x >= 4
            rounded = rounding == RoundingMode.CEILING ? rounded.add(BigDecimal.ONE) : rounded.subtract(BigDecimal.ONE);
        }
        return Bound.of(rounded, false);
    }

    private static Bound negated(Bound bound) {
        return bound.present() ? Bound.of(bound.value().negate(), bound.exclusive()) : bound;
    }

    private static boolean allows(Bound min, Bound max, BigDecimal value) {
        int above = min.present() ? value.compareTo(min.value()) : 1;
        int below = max.present() ? max.value().compareTo(value) : 1;
        return (above > 0 || (above == 0 && !min.exclusive())) && (below > 0 || (below == 0 && !max.exclusive()));
    }

    /** Numbers above zero within bounds, without a sign. */
    private static Expression positive(Bound min, Bound max, boolean integer) {
        boolean anyAbove = !max.present();
        boolean fromZero = !min.present() || min.value().signum() < 0 || (min.value().signum() == 0);
        if (max.present() && max.value().signum() <= 0) {
            return Expression.NOTHING;
        }
        if (fromZero && anyAbove) {
            return integer
                    ? Expression.sequence(POSITIVE_INTEGER, ZERO_FRACTION, INTEGER_EXPONENT)
                    : Expression.sequence(positiveDecimal(), EXPONENT);
        }
        if (integer) {
            BigInteger least = fromZero ? BigInteger.ONE : min.value().toBigIntegerExact().max(BigInteger.ONE);
            Expression digits = anyAbove ? atLeast(least) : between(least, max.value().toBigIntegerExact());
            return Expression.sequence(digits, ZERO_FRACTION);
        }
        Bound from = fromZero ? Bound.of(BigDecimal.ZERO, true) : min;
        return decimals(from, max);
    }

    /** Anything but zero, without sign and exponent. */
    private static Expression positiveDecimal() {
        return Expression.choice(
                Expression.sequence(POSITIVE_INTEGER, FRACTION), Expression.sequence(new Text("0."), notAllZeros()));
    }

    private static Expression notAllZeros() {
        return Expression.sequence(Expression.any(new Text("0")), POSITIVE_DIGIT, Expression.any(DIGIT));
    }

    /** Decimal numbers from one that is not negative to another above it, without exponent. */
    private static Expression decimals(Bound min, Bound max) {
        BigInteger low = min.value().toBigInteger();
        String lowFraction = fraction(min.value());
        if (!max.present()) {
            return Expression.choice(
                    Expression.sequence(atLeast(low.add(BigInteger.ONE)), FRACTION),
                    Expression.sequence(new Text(low.toString()), fractionAbove(lowFraction, min.exclusive())));
        }
        BigInteger high = max.value().toBigInteger();
        String highFraction = fraction(max.value());
        int order = low.compareTo(high);
        if (order > 0) {
            return Expression.NOTHING;
        }
        if (order == 0) {
            return Expression.sequence(
                    new Text(low.toString()), fractionBetween(lowFraction, min.exclusive(), highFraction, max.exclusive()));
        }
        return Expression.choice(
                Expression.sequence(between(low.add(BigInteger.ONE), high.subtract(BigInteger.ONE)), FRACTION),
                Expression.sequence(new Text(low.toString()), fractionAbove(lowFraction, min.exclusive())),
                Expression.sequence(new Text(high.toString()), fractionBelow(highFraction, max.exclusive())));
    }

    /** The digits after the point, without trailing zeros. */
    private static String fraction(BigDecimal value) {
        String text = value.stripTrailingZeros().toPlainString();
        int point = text.indexOf('.');
        return point < 0 ? "" : text.substring(point + 1);
    }

    /** A fraction with its point, or nothing, that is at least (above, if exclusive) the digits. */
    private static Expression fractionAbove(String digits, boolean exclusive) {
        if (digits.isEmpty()) {
            return exclusive ? Expression.sequence(new Text("."), notAllZeros()) : FRACTION;
        }
        return Expression.sequence(new Text("."), digitsAbove(digits, exclusive));
    }

    /** A fraction with its point, or nothing, that is at most (below, if exclusive) the digits. */
    private static Expression fractionBelow(String digits, boolean exclusive) {
        if (digits.isEmpty()) {
            return exclusive ? Expression.NOTHING : ZERO_FRACTION;
        }
        return Expression.optional(Expression.sequence(new Text("."), digitsBelow(digits, exclusive)));
    }

    private static Expression fractionBetween(String low, boolean lowExclusive, String high, boolean highExclusive) {
        int shared = 0;
        while (shared < low.length() && shared < high.length() && low.charAt(shared) == high.charAt(shared)) {
            shared++;
        }
        String lowRest = low.substring(shared);
        String highRest = high.substring(shared);
        if (lowRest.isEmpty()) { // from the shared digits themselves up
            if (highRest.isEmpty()) {
                return lowExclusive || highExclusive ? Expression.NOTHING : exactly(low);
            }
            Expression upTo = shared == 0 ? fractionBelow(high, highExclusive) : orZeros(low, digitsBelow(highRest, highExclusive));
            if (!lowExclusive) {
                return upTo;
            }
            return Expression.sequence(new Text("." + low), positiveDigitsBelow(highRest, highExclusive));
        }
        if (highRest.isEmpty()) {
            return Expression.NOTHING; // the upper bound is the lower one cut short: below it
        }
        char lowDigit = lowRest.charAt(0);
        char highDigit = highRest.charAt(0);
        if (lowDigit > highDigit) {
            return Expression.NOTHING;
        }
        List<Expression> rest = new ArrayList<>();
        if (lowDigit + 1 <= highDigit - 1) {
            rest.add(Expression.sequence(digit(lowDigit + 1, highDigit - 1), Expression.any(DIGIT)));
        }
        rest.add(Expression.sequence(digit(lowDigit, lowDigit), optionalDigitsAbove(lowRest.substring(1), lowExclusive)));
        rest.add(Expression.sequence(digit(highDigit, highDigit), optionalDigitsBelow(highRest.substring(1), highExclusive)));
        return Expression.sequence(new Text("." + low.substring(0, shared)), Expression.choice(rest));
    }

    private static Expression exactly(String digits) {
        return digits.isEmpty()
                ? ZERO_FRACTION
                : Expression.sequence(new Text("." + digits), Expression.any(new Text("0")));
    }

    private static Expression orZeros(String digits, Expression more) {
        return Expression.sequence(new Text("." + digits), Expression.optional(more));
    }

    /** One digit or more that are at least (above) the given ones, which do not end in 0. */
    private static Expression digitsAbove(String digits, boolean exclusive) {
        char first = digits.charAt(0);
        List<Expression> parts = new ArrayList<>();
        if (first < '9') {
            parts.add(Expression.sequence(digit(first + 1, '9'), Expression.any(DIGIT)));
        }
        parts.add(Expression.sequence(digit(first, first), optionalDigitsAbove(digits.substring(1), exclusive)));
        return Expression.choice(parts);
    }

    private static Expression optionalDigitsAbove(String digits, boolean exclusive) {
        if (digits.isEmpty()) {
            return exclusive ? notAllZeros() : Expression.any(DIGIT);
        }
        return digitsAbove(digits, exclusive);
    }

    private static Expression digitsBelow(String digits, boolean exclusive) {
        char first = digits.charAt(0);
        List<Expression> parts = new ArrayList<>();
        if (first > '0') {
            parts.add(Expression.sequence(digit('0', first - 1), Expression.any(DIGIT)));
        }
        parts.add(Expression.sequence(digit(first, first), optionalDigitsBelow(digits.substring(1), exclusive)));
        return Expression.choice(parts);
    }

    private static Expression optionalDigitsBelow(String digits, boolean exclusive) {
        if (digits.isEmpty()) {
            return exclusive ? Expression.NOTHING : Expression.any(new Text("0"));
        }
        return Expression.optional(digitsBelow(digits, exclusive));
    }

    /** Digits that are above zero and at most (below) the given ones. */
    private static Expression positiveDigitsBelow(String digits, boolean exclusive) {
        char first = digits.charAt(0);
        List<Expression> parts = new ArrayList<>();
        if (first > '0') {
            parts.add(Expression.sequence(new Text("0"), notAllZeros()));
            if (first > '1') {
                parts.add(Expression.sequence(digit('1', first - 1), Expression.any(DIGIT)));
            }
            parts.add(Expression.sequence(digit(first, first), optionalDigitsBelow(digits.substring(1), exclusive)));
        } else {
            parts.add(Expression.sequence(new Text("0"), positiveDigitsBelow(digits.substring(1), exclusive)));
        }
        return Expression.choice(parts);
    }

    /** Whole numbers from a positive one up. */
    private static Expression atLeast(BigInteger least) {
        int length = least.toString().length();
        Expression longer = Expression.sequence(POSITIVE_DIGIT, new Expression.Repeat(DIGIT, length, Expression.UNBOUNDED));
        return Expression.choice(sameLength(least.toString(), "9".repeat(length)), longer);
    }

    /** Whole numbers from one to another, neither below 0. */
    private static Expression between(BigInteger least, BigInteger most) {
        if (least.compareTo(most) > 0) {
            return Expression.NOTHING;
        }
        String low = least.toString();
        String high = most.toString();
        List<Expression> parts = new ArrayList<>();
        for (int length = low.length(); length <= high.length(); length++) {
            String from = length == low.length() ? low : "1" + "0".repeat(length - 1);
            String to = length == high.length() ? high : "9".repeat(length);
            parts.add(sameLength(from, to));
        }
        return Expression.choice(parts);
    }

    /** Digit strings of one length from one to another. */
    private static Expression sameLength(String low, String high) {
        if (low.isEmpty()) {
            return Expression.EMPTY;
        }
        int rest = low.length() - 1;
        char first = low.charAt(0);
        char last = high.charAt(0);
        if (first == last) {
            return Expression.sequence(digit(first, first), sameLength(low.substring(1), high.substring(1)));
        }
        List<Expression> parts = new ArrayList<>();
        boolean lowWhole = low.substring(1).equals("0".repeat(rest));
        boolean highWhole = high.substring(1).equals("9".repeat(rest));
        if (!lowWhole) {
            parts.add(Expression.sequence(digit(first, first), sameLength(low.substring(1), "9".repeat(rest))));
        }
        if (!highWhole) {
            parts.add(Expression.sequence(digit(last, last), sameLength("0".repeat(rest), high.substring(1))));
        }
        int from = lowWhole ? first : first + 1;
        int to = highWhole ? last : last - 1;
        if (from <= to) {
            parts.add(Expression.sequence(digit(from, to), new Expression.Repeat(DIGIT, rest, rest)));
        }
        return Expression.choice(parts);
    }

    private static Expression digit(int from, int to) {
        return new Characters(CodePoints.range(from, to));
    }
}

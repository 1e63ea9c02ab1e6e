package moka.template.jinja.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import moka.template.jinja.value.JinjaException.Kind;
import org.jspecify.annotations.Nullable;

/** Arithmetic of integers without bounds and of doubles, rounding as Python does. */
public final class Numbers {
    /** Integers may grow to this many bits; a chat template has no use for more. */
    private static final int MAX_BITS = 1 << 16;

    private static final IntegerValue ZERO = IntegerValue.of(0);
    private static final IntegerValue ONE = IntegerValue.of(1);

    private Numbers() {}

    public static boolean isNumber(Value value) {
        return value instanceof IntegerValue || value instanceof FloatValue || value instanceof BooleanValue;
    }

    public static boolean isInteger(Value value) {
        return value instanceof IntegerValue || value instanceof BooleanValue;
    }

    /** An integer or boolean as an integer. */
    public static IntegerValue integer(Value value) {
        return value instanceof IntegerValue integer ? integer : value.isTrue() ? ONE : ZERO;
    }

    /** The value as a subscript, saturated to 64 bits; null if it is no integer. */
    public static @Nullable Long index(Value value) {
        return isInteger(value) ? (Long) integer(value).longValue() : null;
    }

    /** A whole number argument. @throws JinjaException if the value is none */
    public static long longArgument(Value value) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!isInteger(value)) {
            throw JinjaException.type("'" + value.typeName() + "' object cannot be interpreted as an integer");
        }
        return integer(value).longValue();
    }

    /** The character of a code point. @throws JinjaException if the value is none */
    static String character(Value codePoint) {
        long point = longArgument(codePoint);
        if (point < 0 || point > Character.MAX_CODE_POINT) {
            throw JinjaException.value("%c arg not in range(0x110000)");
        }
        return Character.toString((int) point);
    }

    public static double toDouble(Value number) {
        return number instanceof FloatValue real ? real.value() : integer(number).doubleValue();
    }

    static Value add(Value a, Value b, Run run) {
        if (a instanceof FloatValue || b instanceof FloatValue) {
            return new FloatValue(toDouble(a) + toDouble(b));
        }
        IntegerValue x = integer(a);
        IntegerValue y = integer(b);
        if (x.isLong() && y.isLong()) {
            long sum = x.longValue() + y.longValue();
            if (((x.longValue() ^ sum) & (y.longValue() ^ sum)) >= 0) {
                return IntegerValue.of(sum);
            }
        }
        return bounded(x.bigValue().add(y.bigValue()), run);
    }

    static Value subtract(Value a, Value b, Run run) {
        if (a instanceof FloatValue || b instanceof FloatValue) {
            return new FloatValue(toDouble(a) - toDouble(b));
        }
        IntegerValue x = integer(a);
        IntegerValue y = integer(b);
        if (x.isLong() && y.isLong()) {
            long difference = x.longValue() - y.longValue();
            if (((x.longValue() ^ y.longValue()) & (x.longValue() ^ difference)) >= 0) {
                return IntegerValue.of(difference);
            }
        }
        return bounded(x.bigValue().subtract(y.bigValue()), run);
    }

    static Value multiply(Value a, Value b, Run run) {
        if (a instanceof FloatValue || b instanceof FloatValue) {
            return new FloatValue(toDouble(a) * toDouble(b));
        }
        IntegerValue x = integer(a);
        IntegerValue y = integer(b);
        if (x.isLong() && y.isLong()) {
            long high = Math.multiplyHigh(x.longValue(), y.longValue());
            long low = x.longValue() * y.longValue();
            if (high == low >> 63) {
                return IntegerValue.of(low);
            }
        }
        chargeProduct(x.bigValue(), y.bigValue(), run);
        return bounded(x.bigValue().multiply(y.bigValue()), run);
    }

    private static void chargeProduct(BigInteger x, BigInteger y, Run run) {
        run.steps(1 + (1 + (x.bitLength() >> 6)) * (1L + (y.bitLength() >> 6)) / 8);
    }

    private static IntegerValue bounded(BigInteger value, Run run) {
        if (value.bitLength() > MAX_BITS) {
            throw new JinjaException(Kind.LIMIT, "the template computes with integers that are too big");
        }
        run.charge(8 + (value.bitLength() >> 5));
        return IntegerValue.of(value);
    }

    /** {@code /}: always a float. */
    static Value divide(Value a, Value b) {
        if (toDouble(b) == 0) {
            throw zeroDivision(a instanceof FloatValue || b instanceof FloatValue ? "float division by zero" : "division by zero");
        }
        if (isInteger(a) && isInteger(b) && !(isExact(integer(a)) && isExact(integer(b)))) {
            var quotient = new BigDecimal(integer(a).bigValue()).divide(new BigDecimal(integer(b).bigValue()), new MathContext(60));
            return new FloatValue(quotient.doubleValue());
        }
        return new FloatValue(toDouble(a) / toDouble(b));
    }

    private static boolean isExact(IntegerValue integer) {
        return integer.isLong() && Math.abs(integer.longValue()) <= 1L << 53;
    }

    /** {@code //}: rounds down. */
    static Value floorDivide(Value a, Value b, Run run) {
        if (a instanceof FloatValue || b instanceof FloatValue) {
            double x = toDouble(a);
            double y = toDouble(b);
            if (y == 0) {
                throw zeroDivision("float floor division by zero");
            }
            double quotient = (x - floatModulo(x, y)) / y;
            double floor = Math.floor(quotient);
            return new FloatValue(quotient == 0 ? Math.copySign(0, x / y) : quotient - floor > 0.5 ? floor + 1 : floor);
        }
        IntegerValue x = integer(a);
        IntegerValue y = integer(b);
        if (!y.isTrue()) {
            throw zeroDivision("integer division or modulo by zero");
        }
        if (x.isLong() && y.isLong() && y.longValue() != -1) {
            return IntegerValue.of(Math.floorDiv(x.longValue(), y.longValue()));
        }
        chargeProduct(x.bigValue(), y.bigValue(), run);
        var parts = x.bigValue().divideAndRemainder(y.bigValue());
        boolean down = parts[1].signum() != 0 && parts[1].signum() != y.bigValue().signum();
        return bounded(down ? parts[0].subtract(BigInteger.ONE) : parts[0], run);
    }

    /** {@code %}: has the sign of the divisor. */
    static Value modulo(Value a, Value b, Run run) {
        if (a instanceof FloatValue || b instanceof FloatValue) {
            if (toDouble(b) == 0) {
                throw zeroDivision("float modulo");
            }
            return new FloatValue(floatModulo(toDouble(a), toDouble(b)));
        }
        IntegerValue x = integer(a);
        IntegerValue y = integer(b);
        if (!y.isTrue()) {
            throw zeroDivision("integer modulo by zero");
        }
        if (x.isLong() && y.isLong()) {
            return IntegerValue.of(Math.floorMod(x.longValue(), y.longValue()));
        }
        chargeProduct(x.bigValue(), y.bigValue(), run);
        var rest = x.bigValue().remainder(y.bigValue());
        return bounded(rest.signum() != 0 && rest.signum() != y.bigValue().signum() ? rest.add(y.bigValue()) : rest, run);
    }

    private static double floatModulo(double x, double y) {
        double rest = x % y;
        if (rest == 0) {
            return Math.copySign(0, y);
        }
        return rest < 0 != y < 0 ? rest + y : rest;
    }

    static Value power(Value a, Value b, Run run) {
        if (isInteger(a) && isInteger(b) && integer(b).longValue() >= 0) {
            BigInteger base = integer(a).bigValue();
            IntegerValue exponent = integer(b);
            if (base.bitLength() <= 1 && base.signum() >= 0) {
                return IntegerValue.of(base.signum() == 0 && exponent.isTrue() ? 0 : 1);
            }
            if (!exponent.isLong() || exponent.longValue() > MAX_BITS || base.bitLength() * exponent.longValue() > 2L * MAX_BITS) {
                throw new JinjaException(Kind.LIMIT, "the template computes with integers that are too big");
            }
            run.steps(1 + base.bitLength() * exponent.longValue() / 8);
            return bounded(base.pow((int) exponent.longValue()), run);
        }
        double x = toDouble(a);
        double y = toDouble(b);
        if (x == 0 && y < 0) {
            throw zeroDivision("0.0 cannot be raised to a negative power");
        }
        if (x < 0 && y != Math.rint(y) && !Double.isInfinite(x)) {
            throw JinjaException.value("the power is a complex number, which templates have no use for");
        }
        double result = x == 1 ? 1 : Math.pow(x, y);
        if (Double.isInfinite(result) && !Double.isInfinite(x) && !Double.isInfinite(y)) {
            throw JinjaException.value("(34, 'Numerical result out of range')");
        }
        return new FloatValue(result);
    }

    private static JinjaException zeroDivision(String message) {
        return new JinjaException(Kind.ZERO_DIVISION, message);
    }

    public static Value negate(Value number, Run run) {
        return number instanceof FloatValue real ? new FloatValue(-real.value()) : subtract(ZERO, number, run);
    }

    public static Value absolute(Value number, Run run) {
        if (number instanceof FloatValue real) {
            return new FloatValue(Math.abs(real.value()));
        }
        return integer(number).bigValue().signum() < 0 ? negate(number, run) : integer(number);
    }

    /** Exact order; NaN counts as unequal to all: the result is then 2. */
    static int compare(Value a, Value b) {
        if (isInteger(a) && isInteger(b)) {
            IntegerValue x = integer(a);
            IntegerValue y = integer(b);
            return x.isLong() && y.isLong() ? Long.compare(x.longValue(), y.longValue()) : x.bigValue().compareTo(y.bigValue());
        }
        if (a instanceof FloatValue x && b instanceof FloatValue y) {
            return compare(x.value(), y.value());
        }
        if (a instanceof FloatValue x) {
            return compare(x.value(), integer(b));
        }
        int reversed = compare(toDouble(b), integer(a));
        return reversed == 2 ? 2 : -reversed;
    }

    private static int compare(double x, double y) {
        return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
    }

    private static int compare(double x, IntegerValue y) {
        if (Double.isNaN(x) || Double.isInfinite(x) || isExact(y)) {
            return compare(x, Double.isInfinite(x) ? 0 : y.longValue());
        }
        return new BigDecimal(x).compareTo(new BigDecimal(y.bigValue()));
    }

    /** {@code int(x)} of a double: towards zero. */
    public static IntegerValue truncate(double value) {
        if (Double.isNaN(value)) {
            throw JinjaException.value("cannot convert float NaN to integer");
        }
        if (Double.isInfinite(value)) {
            throw JinjaException.value("cannot convert float infinity to integer");
        }
        return IntegerValue.of(new BigDecimal(value).toBigInteger());
    }

    /** Rounds to so many decimals, halves to even as the exact binary value tells. */
    public static double round(double value, int decimals) {
        if (Double.isNaN(value) || Double.isInfinite(value) || decimals > 320) {
            return value;
        }
        double rounded = new BigDecimal(value).setScale(Math.max(decimals, -320), RoundingMode.HALF_EVEN).doubleValue();
        return rounded == 0 ? Math.copySign(0, value) : rounded;
    }
}

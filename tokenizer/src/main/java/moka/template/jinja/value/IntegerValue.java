package moka.template.jinja.value;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** An integer of any size; beyond 64 bits held as a {@link BigInteger}. */
public final class IntegerValue implements Value {
    private static final int CACHED = 256;
    private static final IntegerValue[] CACHE = new IntegerValue[CACHED];
    /** Python refuses to print longer ones. */
    private static final int MAX_DIGITS = 4300;

    static {
        for (int i = 0; i < CACHED; i++) {
            CACHE[i] = new IntegerValue(i, null);
        }
    }

    private final long value;
    private final @Nullable BigInteger big;

    private IntegerValue(long value, @Nullable BigInteger big) {
        this.value = value;
        this.big = big;
    }

    public static IntegerValue of(long value) {
        return value >= 0 && value < CACHED ? CACHE[(int) value] : new IntegerValue(value, null);
    }

    public static IntegerValue of(BigInteger value) {
        return value.bitLength() < 64 ? of(value.longValue()) : new IntegerValue(value.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE, value);
    }

    /** Whether the value fits 64 bits. */
    public boolean isLong() {
        return big == null;
    }

    /** The value, or the nearest 64-bit one. */
    public long longValue() {
        return value;
    }

    public BigInteger bigValue() {
        return big == null ? BigInteger.valueOf(value) : big;
    }

    public double doubleValue() {
        if (big == null) {
            return value;
        }
        double result = big.doubleValue();
        if (Double.isInfinite(result)) {
            throw JinjaException.value("int too large to convert to float");
        }
        return result;
    }

    /** Decimal digits. @throws JinjaException if there are more than 4300 */
    public String digits() {
        if (big == null) {
            return Long.toString(value);
        }
        // 10^4300 has 14285 bits.
        if (big.bitLength() > 14_285 || big.bitLength() > 14_200 && big.abs().toString().length() > MAX_DIGITS) {
            throw JinjaException.value("Exceeds the limit (4300 digits) for integer string conversion");
        }
        return big.toString();
    }

    @Override
    public String typeName() {
        return "int";
    }

    @Override
    public boolean isTrue() {
        return value != 0;
    }

    @Override
    public boolean isIterable() {
        return false;
    }

    @Override
    public void repr(TextBuilder out) {
        out.append(digits());
    }

    @Override
    public @Nullable Value attribute(String name, Run run) {
        return switch (name) {
            case "real", "numerator" -> this;
            case "imag" -> of(0);
            case "denominator" -> of(1);
            default -> null;
        };
    }
}

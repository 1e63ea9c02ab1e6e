package moka.template.jinja.value;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Hashable stand-ins for values: equal exactly where Python takes the values for the same dict key. */
public final class Keys {
    private record TupleKey(List<Object> elements) {}

    private Keys() {}

    public static boolean isHashable(Value value) {
        if (value instanceof Sequence sequence) {
            return sequence.isTuple() && sequence.values().stream().allMatch(Keys::isHashable);
        }
        return !(value instanceof Dict);
    }

    /** @throws JinjaException if the value cannot be a key */
    public static Object of(Value value) {
        if (value instanceof Text text) {
            return text.chars();
        }
        if (value instanceof IntegerValue integer) {
            return integer.isLong() ? (Object) integer.longValue() : integer.bigValue();
        }
        if (value instanceof BooleanValue bool) {
            return bool.isTrue() ? 1L : 0L;
        }
        if (value instanceof FloatValue number) {
            return of(number.value());
        }
        if (value instanceof Sequence sequence && sequence.isTuple()) {
            var elements = new ArrayList<Object>(sequence.length());
            for (Value element : sequence.values()) {
                elements.add(of(element));
            }
            return new TupleKey(elements);
        }
        if (value instanceof Sequence || value instanceof Dict) {
            throw JinjaException.type("unhashable type: '" + value.typeName() + "'");
        }
        return value instanceof Undefined ? Undefined.class : value;
    }

    private static Object of(double value) {
        if (value != Math.rint(value) || Double.isInfinite(value)) {
            return value;
        }
        return Math.abs(value) < 0x1p62 ? (Object) (long) value : new BigDecimal(value).toBigInteger();
    }
}

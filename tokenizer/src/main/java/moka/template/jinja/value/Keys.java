package moka.template.jinja.value;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.value.JinjaException.Kind;

/** Hashable stand-ins for values: equal exactly where Python takes the values for the same dict key. */
public final class Keys {
    /** A tuple that is a key may hold so many values, tuples inside of it counted with theirs. */
    private static final int MAX_PARTS = 1_000;

    private static final int MAX_DEPTH = 50;

    private record TupleKey(List<Object> elements) {}

    private int parts;

    private Keys() {}

    public static boolean isHashable(Value value) {
        return !(value instanceof Dict) && !(value instanceof Sequence sequence && !(sequence.isTuple() && new Keys().hashable(sequence, 0)));
    }

    private boolean hashable(Sequence tuple, int depth) {
        for (Value element : tuple.values()) {
            count(depth);
            if (element instanceof Dict || element instanceof Sequence inner && !(inner.isTuple() && hashable(inner, depth + 1))) {
                return false;
            }
        }
        return true;
    }

    /** @throws JinjaException if the value cannot be a key */
    public static Object of(Value value) {
        return value instanceof Text text ? text.chars() : new Keys().key(value, 0);
    }

    private void count(int depth) {
        if (++parts > MAX_PARTS || depth > MAX_DEPTH) {
            throw new JinjaException(Kind.LIMIT, "the template uses a tuple as a key that is too big");
        }
    }

    private Object key(Value value, int depth) {
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
            return key(number.value());
        }
        if (value instanceof Sequence sequence && sequence.isTuple()) {
            var elements = new ArrayList<Object>(sequence.length());
            for (Value element : sequence.values()) {
                count(depth);
                elements.add(key(element, depth + 1));
            }
            return new TupleKey(elements);
        }
        if (value instanceof Sequence || value instanceof Dict) {
            throw JinjaException.type("unhashable type: '" + value.typeName() + "'");
        }
        return value instanceof Undefined ? Undefined.class : value;
    }

    private static Object key(double value) {
        if (value != Math.rint(value) || Double.isInfinite(value)) {
            return value;
        }
        return Math.abs(value) < 0x1p62 ? (Object) (long) value : new BigDecimal(value).toBigInteger();
    }
}

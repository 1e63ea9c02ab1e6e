package moka.template.jinja.value;

import moka.template.jinja.value.JinjaException.Kind;

/** A Python slice {@code start:stop:step} whose bounds may be none. */
public record Slice(Value start, Value stop, Value step) {
    /** The elements a slice takes: the first index, the distance to the next, and how many. */
    public record Indices(int start, int step, int count) {}

    /** Resolves the slice against a sequence of a length. @throws JinjaException for a step of 0 or bounds that are no integers */
    public Indices indices(int length) {
        long by = bound(step, 1);
        if (by == 0) {
            throw new JinjaException(Kind.VALUE, "slice step cannot be zero");
        }
        long from = clamp(bound(start, by > 0 ? 0 : Long.MAX_VALUE), length, by);
        long to = isNone(stop) && by < 0 ? -1 : clamp(bound(stop, Long.MAX_VALUE), length, by);
        long count = by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
        if (by > 0 ? from >= to : from <= to) {
            count = 0;
        }
        return new Indices((int) from, (int) Math.clamp(by, -length - 1L, length + 1L), (int) count);
    }

    private static boolean isNone(Value bound) {
        return bound == NoneValue.NONE;
    }

    private static long bound(Value bound, long whenNone) {
        if (isNone(bound)) {
            return whenNone;
        }
        if (Numbers.index(bound) instanceof Long index) {
            return Math.clamp(index, -Integer.MAX_VALUE, Integer.MAX_VALUE);
        }
        if (bound instanceof Undefined) {
            throw ((Undefined) bound).failure();
        }
        throw JinjaException.type("slice indices must be integers or None or have an __index__ method");
    }

    private static long clamp(long index, int length, long step) {
        long at = index < 0 ? index + length : index;
        return step > 0 ? Math.clamp(at, 0, length) : Math.clamp(at, -1, length - 1);
    }
}

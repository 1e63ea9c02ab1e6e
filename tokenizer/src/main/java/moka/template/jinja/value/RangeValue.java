package moka.template.jinja.value;

import java.util.AbstractList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code range(start, stop, step)}; the sandbox allows 100,000 elements. */
public record RangeValue(long start, long stop, long step, int count) implements Value {
    private static final int MAX_COUNT = 100_000;

    /** @throws JinjaException if the step is 0 or the range too big */
    public static RangeValue of(long start, long stop, long step) {
        if (step == 0) {
            throw JinjaException.value("range() arg 3 must not be zero");
        }
        double span = step > 0 ? (double) stop - start : (double) start - stop;
        double count = span <= 0 ? 0 : Math.ceil(span / Math.abs((double) step));
        if (count > MAX_COUNT) {
            throw JinjaException.value("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
        }
        return new RangeValue(start, stop, step, (int) count);
    }

    @Override
    public List<Value> elements(Run run) {
        run.steps(count >> 4);
        return new AbstractList<>() {
            @Override
            public Value get(int index) {
                return IntegerValue.of(start + index * step);
            }

            @Override
            public int size() {
                return count;
            }
        };
    }

    @Override
    public String typeName() {
        return "range";
    }

    @Override
    public boolean isTrue() {
        return count > 0;
    }

    @Override
    public int length() {
        return count;
    }

    @Override
    public @Nullable Value item(Value key, Run run) {
        if (!(Numbers.index(key) instanceof Long position)) {
            return null;
        }
        long index = position < 0 ? position + count : position;
        return index < 0 || index >= count ? null : IntegerValue.of(start + index * step);
    }

    @Override
    public Value slice(Slice slice, Run run) {
        var range = slice.indices(count);
        long from = start + range.start() * step;
        long by = step * range.step();
        return new RangeValue(from, from + range.count() * by, by, range.count());
    }

    @Override
    public @Nullable Value attribute(String name, Run run) {
        return switch (name) {
            case "start" -> IntegerValue.of(start);
            case "stop" -> IntegerValue.of(stop);
            case "step" -> IntegerValue.of(step);
            default -> null;
        };
    }

    @Override
    public void repr(TextBuilder out) {
        out.append("range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")"));
    }
}

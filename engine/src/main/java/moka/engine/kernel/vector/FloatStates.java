package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * States in vectors of columns: for each vector all rows of a panel, whose values stay in the first cache from token to token. Sums over rows run in two registers, even
 * and odd rows, so that they do not wait for one another; this order is that of every token, however a prompt is cut.
 */
final class FloatStates implements States {
    private static final VectorSpecies<Float> F = Width.floats(MethodHandles.lookup());
    private static final int L = F.length();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final long ADDRESS = ProcessMemory.ADDRESS;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LE);

    @Override
    public void heads(
            long source, long target, int rows, int columns, long x, float step, float kept, float skip, long into, long out, long y) {
        changeHeads(source, target, rows, columns, x, step, kept, skip, into, out, y);
    }

    private static void changeHeads(
            long source, long target, int rows, int columns, long x, float step, float kept, float skip, long into, long out, long y) {
        FloatVector keep = FloatVector.broadcast(F, kept);
        long rowBytes = 4L * columns;
        for (int column = 0; column < columns; column += L) {
            FloatVector value = load(x + 4L * column);
            FloatVector scaled = value.mul(step);
            FloatVector even = value.mul(skip);
            FloatVector odd = FloatVector.zero(F);
            long from = source + 4L * column;
            long to = target + 4L * column;
            for (int row = 0; row < rows; row += 2) {
                FloatVector first = scaled.fma(factor(into + 4L * row), load(from).mul(keep));
                store(first, to);
                even = first.fma(factor(out + 4L * row), even);
                FloatVector second = scaled.fma(factor(into + 4L * row + 4), load(from + rowBytes).mul(keep));
                store(second, to + rowBytes);
                odd = second.fma(factor(out + 4L * row + 4), odd);
                from += 2 * rowBytes;
                to += 2 * rowBytes;
            }
            store(even.add(odd), y + 4L * column);
        }
    }

    @Override
    public void delta(
            long source, long target, int rows, int columns, long values, float beta, long kept, int keptStep, long key, long query, long y) {
        changeDelta(source, target, rows, columns, values, beta, kept, keptStep, key, query, y);
    }

    /** What the state gives for the key after it has decayed; then what is missing is learnt. */
    private static void changeDelta(
            long source, long target, int rows, int columns, long values, float beta, long kept, int keptStep, long key, long query, long y) {
        long rowBytes = 4L * columns;
        for (int column = 0; column < columns; column += L) {
            FloatVector even = FloatVector.zero(F);
            FloatVector odd = even;
            long from = source + 4L * column;
            for (int row = 0; row < rows; row += 2) {
                even = load(from).fma(FloatVector.broadcast(F, number(kept + (long) keptStep * row) * number(key + 4L * row)), even);
                odd = load(from + rowBytes)
                        .fma(FloatVector.broadcast(F, number(kept + (long) keptStep * (row + 1)) * number(key + 4L * row + 4)), odd);
                from += 2 * rowBytes;
            }
            FloatVector missing = load(values + 4L * column).sub(even.add(odd)).mul(beta);
            even = FloatVector.zero(F);
            odd = even;
            from = source + 4L * column;
            long to = target + 4L * column;
            for (int row = 0; row < rows; row += 2) {
                FloatVector first = missing.fma(factor(key + 4L * row), load(from).mul(factor(kept + (long) keptStep * row)));
                store(first, to);
                even = first.fma(factor(query + 4L * row), even);
                FloatVector second =
                        missing.fma(factor(key + 4L * row + 4), load(from + rowBytes).mul(factor(kept + (long) keptStep * (row + 1))));
                store(second, to + rowBytes);
                odd = second.fma(factor(query + 4L * row + 4), odd);
                from += 2 * rowBytes;
                to += 2 * rowBytes;
            }
            store(even.add(odd), y + 4L * column);
        }
    }

    @Override
    public void channels(
            long source, long target, int rows, int columns, long x, long step, long into, long out, long decay, long skip, long y) {
        changeChannels(source, target, rows, columns, x, step, into, out, decay, skip, y);
    }

    private static void changeChannels(
            long source, long target, int rows, int columns, long x, long step, long into, long out, long decay, long skip, long y) {
        long rowBytes = 4L * columns;
        for (int column = 0; column < columns; column += L) {
            FloatVector value = load(x + 4L * column);
            FloatVector steps = load(step + 4L * column);
            FloatVector scaled = value.mul(steps);
            FloatVector sum = value.mul(load(skip + 4L * column));
            long at = 4L * column;
            for (int row = 0; row < rows; row++) {
                FloatVector kept = Exponential.of(F, steps.mul(load(decay + at)));
                FloatVector state = scaled.fma(factor(into + 4L * row), load(source + at).mul(kept));
                store(state, target + at);
                sum = state.fma(factor(out + 4L * row), sum);
                at += rowBytes;
            }
            store(sum, y + 4L * column);
        }
    }

    @Override
    public void convolve(long[] inputs, long weights, boolean silu, int channels, long output) {
        convolved(inputs, weights, silu, channels, output);
    }

    private static void convolved(long[] inputs, long weights, boolean silu, int channels, long output) {
        int panelBytes = 64 * (1 + inputs.length);
        for (int channel = 0; channel < channels; channel += L) {
            long weight = weights + (long) (channel / 16) * panelBytes + 4 * (channel % 16);
            FloatVector sum = load(weight);
            for (long input : inputs) {
                weight += 64;
                sum = load(input + 4L * channel).fma(load(weight), sum);
            }
            if (silu) {
                sum = sum.div(Exponential.of(F, sum.neg()).add(1f));
            }
            store(sum, output + 4L * channel);
        }
    }

    @Override
    public void keep(long step, long rate, int count, long kept) {
        keepOf(step, rate, count, kept);
    }

    private static void keepOf(long step, long rate, int count, long kept) {
        for (int i = 0; i < count; i += L) {
            store(Exponential.of(F, load(step + 4L * i).mul(load(rate + 4L * i))), kept + 4L * i);
        }
    }

    @Override
    public void addRows(long rows, long rowBytes, int[] places, float[] factors, int at, int count, long target, int columns) {
        rowsAdded(rows, rowBytes, places, factors, at, count, target, columns);
    }

    private static void rowsAdded(long rows, long rowBytes, int[] places, float[] factors, int at, int count, long target, int columns) {
        for (int column = 0; column < columns; column += L) {
            FloatVector sum = load(target + 4L * column);
            for (int i = at; i < at + count; i++) {
                sum = load(rows + places[i] * rowBytes + 4L * column).fma(FloatVector.broadcast(F, factors[i]), sum);
            }
            store(sum, target + 4L * column);
        }
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(F, MEMORY, address & ADDRESS, LE);
    }

    private static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(MEMORY, address & ADDRESS, LE);
    }

    private static FloatVector factor(long address) {
        return FloatVector.broadcast(F, number(address));
    }

    private static float number(long address) {
        return MEMORY.get(FLOAT, address & ADDRESS);
    }
}

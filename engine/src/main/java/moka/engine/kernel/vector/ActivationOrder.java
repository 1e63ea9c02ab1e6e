package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntBinaryOperator;

/**
 * The order in which a kernel meets the elements of a row. Weights of few bits are loaded as 32-bit lanes, and the codes that
 * share a position in their lane form a vector: with a shift and a mask they become the upper mantissa bits of floats between 1
 * and 2. So vector {@code j} of a period holds the elements {@code source[j * lanes + lane]}, and the activations are moved to match, once
 * for all rows.
 *
 * <p>What the 1 (and the middle of a signed code) adds to each product is taken off by starting every run of {@code run} vectors from
 * {@code -bias * (sum of the run's activations in that lane)} instead of from zero: it costs no instruction, and a sum never
 * grows beyond its products.
 *
 * @param period elements after which the order repeats; also the smallest unit of a kernel
 * @param source element of the period at each place, or empty for file order
 * @param lanes floats in a vector
 * @param run vectors that share a start, or 0 if there are no starts
 * @param bias what is taken off
 */
record ActivationOrder(int period, int[] source, int lanes, int run, float bias) implements Arrangement {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int[] FILE_ORDER = {};

    /** Elements as they come. */
    static ActivationOrder natural(int period, int lanes) {
        return new ActivationOrder(period, FILE_ORDER, lanes, 0, 0f);
    }

    /** Two 16-bit elements a lane: the even ones, then the odd ones. */
    static ActivationOrder pairs(int period, int lanes) {
        return order(period, lanes, 0, 0f, (vector, lane) -> 2 * (vector / 2 * lanes + lane) + vector % 2);
    }

    /** Four bytes a lane, the lowest first. */
    static ActivationOrder bytes(int period, int lanes) {
        return order(period, lanes, 0, 0f, (vector, lane) -> 4 * (vector / 4 * lanes + lane) + vector % 4);
    }

    /** Blocks of 32 as split nibbles, one block in each 128 bits: low nibbles of bytes 0 to 3 of the lanes, then the high ones. */
    static ActivationOrder splitNibbles(int lanes, float bias) {
        return order(8 * lanes, lanes, 8, bias, (vector, lane) -> lane / 4 * 32 + vector / 4 * 16 + lane % 4 * 4 + vector % 4);
    }

    /** Super-blocks of four times 64 elements in 32 bytes: low nibbles 32 elements, high nibbles the next. */
    static ActivationOrder groupNibbles(int lanes) {
        return order(256, lanes, 4, 1f, (vector, lane) -> {
            int bytes = vector / 8 * 4 * lanes + 4 * lane + vector % 4;
            return bytes / 32 * 64 + vector % 8 / 4 * 32 + bytes % 32;
        });
    }

    /** Super-blocks of two halves of four times 32 elements that share their bytes of upper bits (Q6_K, and the two-bit types). */
    static ActivationOrder halves(int lanes, float bias) {
        return order(256, lanes, 4, bias, (vector, lane) -> {
            int bytes = vector / 16 * 4 * lanes + 4 * lane + vector % 4;
            return bytes / 32 * 128 + vector % 16 / 4 * 32 + bytes % 32;
        });
    }

    private static ActivationOrder order(int period, int lanes, int run, float bias, IntBinaryOperator elementAt) {
        var source = new int[period];
        for (int i = 0; i < period; i++) {
            source[i] = elementAt.applyAsInt(i / lanes, i % lanes);
        }
        return new ActivationOrder(period, source, lanes, run, bias);
    }

    @Override
    public int arrangedPeriod() {
        return run == 0 ? period : period / run * (run + 1);
    }

    /** In each run the starts, then the vectors. */
    @Override
    public void arrange(float[] x, int offset, int columns, MemorySegment target, long targetOffset) {
        if (source.length == 0) {
            MemorySegment.copy(x, offset, target, FLOAT, targetOffset, columns);
            target.asSlice(targetOffset + 4L * columns, 4L * (padded(columns) - columns)).fill((byte) 0);
            return;
        }
        long to = targetOffset;
        for (int at = 0; at < columns; at += period) {
            arrangePeriod(x, offset + at, Math.min(period, columns - at), target, to);
            to += 4L * arrangedPeriod();
        }
    }

    private void arrangePeriod(float[] x, int offset, int count, MemorySegment target, long at) {
        int span = run == 0 ? period : run * lanes;
        int starts = run == 0 ? 0 : lanes;
        long to = at;
        for (int from = 0; from < period; from += span) {
            for (int i = 0; i < span; i++) {
                int element = source[from + i];
                target.set(FLOAT, to + 4L * (starts + i), element < count ? x[offset + element] : 0f);
            }
            for (int lane = 0; lane < starts; lane++) {
                float sum = 0f;
                for (int i = lane; i < span; i += lanes) {
                    sum += target.get(FLOAT, to + 4L * (starts + i));
                }
                target.set(FLOAT, to + 4L * lane, -bias * sum);
            }
            to += 4L * (starts + span);
        }
    }

    /** Element of the row that stands at {@code place} of a decoded row. */
    int element(int place) {
        return source.length == 0 ? place : place / period * period + source[place % period];
    }

    @Override
    public boolean same(Arrangement other) {
        return this == other
                || other instanceof ActivationOrder it
                        && period == it.period
                        && lanes == it.lanes
                        && run == it.run
                        && bias == it.bias
                        && Arrays.equals(source, it.source);
    }

    /** Whether decoded rows of both have the same order. */
    boolean sameSequence(ActivationOrder other) {
        return Arrays.equals(source, other.source);
    }
}

package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.AttentionPlan;
import org.jspecify.annotations.Nullable;

/**
 * What queries got from segments of positions: for each segment the sums of weighted values, {@code [query][valueLength]} float32, then a line of
 * {@link AttentionState} for each query.
 *
 * @param address of the first
 */
record Segments(long address, int queries, int valueLength) {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Bytes of one segment. */
    static long bytes(int queries, int valueLength) {
        return queries * (4L * valueLength + AttentionState.BYTES);
    }

    /** Bytes from a segment to the next. */
    long stride() {
        return bytes(queries, valueLength);
    }

    /** One of them. */
    Segments at(int segment) {
        return new Segments(address + segment * stride(), queries, valueLength);
    }

    /** Where the sums of a query are in the first segment. */
    long sums(int query) {
        return 4L * valueLength * query;
    }

    /** Where the state of a query is in the first segment. */
    long state(int query) {
        return sums(queries) + (long) query * AttentionState.BYTES;
    }

    /** Copies what some queries have in the only segment there, to one here. @param first of these queries */
    void take(Segments part, int segment, int first) {
        long at = segment * stride();
        Parameters.copy(part.address, address + at + sums(first), part.sums(part.queries));
        Parameters.copy(part.address + part.state(0), address + at + state(first), (long) part.queries * AttentionState.BYTES);
    }

    /**
     * What the sums of a query are multiplied with, segment by segment, so that they add up to the mean of the values: each segment's exponentials are relative
     * to its own largest score.
     *
     * @param head of the query, for what else takes part in its softmax
     * @return address of {@code count} float32
     */
    long weigh(AttentionPlan plan, int query, int head, int count, AttentionScratch own) {
        MemorySegment sinks = plan.sinks();
        long weights = own.weights(4L * count);
        if (count == 1 && sinks == null) {
            float sum = Parameters.read(address + state(query) + AttentionState.SUM);
            own.write(weights, Parameters.pair((float) (1.0 / sum), 0), 0, 0, 0);
        } else {
            weigh(sinks, address + state(query), head, count, weights);
        }
        return weights;
    }

    /** @param state of the query in the first segment */
    private void weigh(@Nullable MemorySegment sinks, long state, int head, int count, long weights) {
        float sink = sinks == null ? Float.NEGATIVE_INFINITY : sinks.getAtIndex(FLOAT, head);
        float largest = sink;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, Parameters.read(i * stride() + state + AttentionState.LARGEST));
        }
        MemorySegment factors = SystemMemory.view(weights, 4L * count);
        double sum = sinks == null ? 0 : Math.exp((double) sink - largest);
        for (int i = 0; i < count; i++) {
            long at = i * stride() + state;
            float own = Parameters.read(at + AttentionState.LARGEST);
            double weight = own == largest ? 1 : Math.exp((double) own - largest);
            sum += weight * Parameters.read(at + AttentionState.SUM);
            factors.setAtIndex(FLOAT, i, (float) weight);
        }
        for (int i = 0; i < count; i++) {
            factors.setAtIndex(FLOAT, i, (float) (factors.getAtIndex(FLOAT, i) / sum));
        }
    }
}

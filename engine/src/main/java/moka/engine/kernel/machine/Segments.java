package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.AttentionPlan;

/**
 * What queries got from segments of positions: for each segment the sums of weighted values, {@code [query][valueLength]} float32, then a line of
 * {@link AttentionState} for each query.
 */
record Segments(MemorySegment memory, int queries, int valueLength) {
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
        return new Segments(memory.asSlice(segment * stride(), stride()), queries, valueLength);
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
        MemorySegment.copy(part.memory, 0, memory, at + sums(first), part.sums(part.queries));
        MemorySegment.copy(part.memory, part.state(0), memory, at + state(first), (long) part.queries * AttentionState.BYTES);
    }

    /**
     * What the sums of a query are multiplied with, segment by segment, so that they add up to the mean of the values: each segment's exponentials are relative
     * to its own largest score.
     *
     * @param head of the query, for what else takes part in its softmax
     * @param weights receives {@code count} float32
     */
    void weigh(AttentionPlan plan, int query, int head, int count, MemorySegment weights) {
        MemorySegment sinks = plan.sinks();
        long state = state(query);
        if (count == 1 && sinks == null) {
            weights.set(FLOAT, 0, (float) (1.0 / memory.get(FLOAT, state + AttentionState.SUM)));
            return;
        }
        float sink = sinks == null ? Float.NEGATIVE_INFINITY : sinks.getAtIndex(FLOAT, head);
        float largest = sink;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, memory.get(FLOAT, i * stride() + state + AttentionState.LARGEST));
        }
        double sum = sinks == null ? 0 : Math.exp((double) sink - largest);
        for (int i = 0; i < count; i++) {
            long at = i * stride() + state;
            float own = memory.get(FLOAT, at + AttentionState.LARGEST);
            double weight = own == largest ? 1 : Math.exp((double) own - largest);
            sum += weight * memory.get(FLOAT, at + AttentionState.SUM);
            weights.setAtIndex(FLOAT, i, (float) weight);
        }
        for (int i = 0; i < count; i++) {
            weights.setAtIndex(FLOAT, i, (float) (weights.getAtIndex(FLOAT, i) / sum));
        }
    }
}

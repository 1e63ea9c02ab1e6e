package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KvLayout;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.KvStore.ElementType;
import org.jspecify.annotations.Nullable;

/**
 * Queries that share a key head, {@code [token][head of the group]}, and what they see: a block of {@link KvStore#BLOCK} keys after the other, six queries
 * at a time. One for each worker, with its memory; loaded anew for each group.
 */
final class QueryGroup {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final AttentionInputs inputs;
    private final AttentionRoutines routines;
    private final AttentionScratch own;
    private @Nullable AttentionWork work;
    private int kvHead;
    private int firstRow;
    private int groupLength;
    private int count;
    /** Address of the first query, or of the first rounded one where keys are multiplied with such. */
    private long queries;

    QueryGroup(AttentionInputs inputs, AttentionRoutines routines, AttentionScratch own) {
        this.inputs = inputs;
        this.routines = routines;
        this.own = own;
    }

    /** Loads the queries of {@code tokens} rows of the span. */
    void load(AttentionWork work, int kvHead, int firstRow, int tokens) {
        this.work = work;
        this.kvHead = kvHead;
        this.firstRow = firstRow;
        this.groupLength = work.groupLength();
        this.count = tokens * groupLength;
        queries = inputs.load(work, kvHead, firstRow, tokens, own);
    }

    int count() {
        return count;
    }

    /** Row of the activations. */
    int row(int query) {
        return work().span().firstRow() + firstRow + query / groupLength;
    }

    int head(int query) {
        return kvHead * groupLength + query % groupLength;
    }

    private int position(int query) {
        return work().position(firstRow + query / groupLength);
    }

    private AttentionWork work() {
        return Objects.requireNonNull(work, "load comes first");
    }

    /** Memory for their results of some segments. */
    Segments results(int segments) {
        int valueLength = work().plan().valueLength();
        return new Segments(own.results(segments * Segments.bytes(count, valueLength)), count, valueLength);
    }

    /**
     * Attends to positions {@code from} to {@code to}, as far as they are seen.
     *
     * @param result one segment
     */
    void attend(int from, int to, Segments result) {
        AttentionPlan plan = work().plan();
        begin(result);
        float cap = plan.softCap();
        own.write(
                own.parameters() + AttentionScratch.SOFTMAX_PARAMETERS, Parameters.pair(plan.scale(), cap), Parameters.pair(cap == 0 ? 0 : 2 / cap, 0), 0, 0);
        int first = Math.max(from, work().firstSeen(position(0)));
        int end = Math.min(to, position(count - 1) + 1);
        for (int block = first & -KvStore.BLOCK; block < end; block += KvStore.BLOCK) {
            widenScales(block);
            for (int query = 0; query < count; query += RowAddresses.MOST) {
                attendBlock(block, query, Math.min(RowAddresses.MOST, count - query), result);
            }
        }
    }

    /** Sums of 0, and states before the first key. */
    private void begin(Segments result) {
        Parameters.clear(result.address(), result.sums(count));
        for (int query = 0; query < count; query++) {
            // LARGEST, SUM and FACTOR; the rest is written for each block.
            own.write(result.address() + result.state(query), Parameters.pair(Float.NEGATIVE_INFINITY, 0), 0, 0, 0);
        }
    }

    /** Some queries over one block of the cache. */
    private void attendBlock(int block, int query, int count, Segments result) {
        AttentionWork work = work();
        AttentionPlan plan = work.plan();
        // Keys that any of the queries sees.
        int lowest = Math.max(0, work.firstSeen(position(query)) - block);
        int highest = Math.min(KvStore.BLOCK, position(query + count - 1) + 1 - block);
        if (lowest >= highest) {
            return;
        }
        int firstKey = lowest & -PanelFormat.ROWS;
        int panels = (highest - firstKey + PanelFormat.ROWS - 1) / PanelFormat.ROWS;
        long states = result.address() + result.state(query);
        for (int i = 0; i < count; i++) {
            writeSeen(states + (long) i * AttentionState.BYTES, query + i, block + firstKey);
        }
        long keys = work.cache().keys(plan.layer(), block).address()
                + KvLayout.panel(work.cache().keyType(), kvHead, firstKey, plan.headLength());
        score(keys, panels, query, count);
        routines.softmax(plan.softCap() != 0)
                .call(
                        own.scores(),
                        AttentionScratch.SCORE_STRIDE,
                        states,
                        count,
                        panels,
                        own.parameters() + AttentionScratch.SOFTMAX_PARAMETERS);
        // Only keys that somebody sees: the values of others may be anything, and zero times anything may be undefined.
        mix(block, lowest, highest, query, count, result);
    }

    /** Which keys a query sees. @param first position of the first key */
    private void writeSeen(long state, int query, int first) {
        AttentionWork work = work();
        int position = position(query);
        MemorySegment alibi = work.plan().alibi();
        float slope = alibi == null ? 0 : alibi.getAtIndex(FLOAT, head(query));
        // FIRST_KEY, END_KEY; DISTANCE, SLOPE
        own.write(
                state + AttentionState.FIRST_KEY,
                Parameters.pair(work.firstSeen(position) - first, position + 1 - first),
                Parameters.pair((float) (first - position), slope),
                0,
                0);
    }

    /** Products of some queries with whole panels of keys. */
    private void score(long keys, int panels, int query, int count) {
        KeyRoutines routines = work().keyRoutines();
        int headLength = work().plan().headLength();
        long parameters = own.parameters() + AttentionScratch.SCORE_PARAMETERS;
        long scores = own.scores();
        if (routines.takesRoundedQueries()) {
            scoreRounded(keys, panels, query, count);
            return;
        }
        long heads = queries + 4L * query * headLength;
        long panelBytes = (long) PanelFormat.ROWS * headLength * routines.type().bytes();
        int most = routines.mostPanels();
        int together = panels / most * most;
        if (together > 0) {
            own.write(parameters, headLength, panels / most, 0, 0);
            routines.scores(most, count)
                    .call(keys, heads, 4L * headLength, scores, AttentionScratch.SCORE_STRIDE, parameters);
        }
        if (together < panels) {
            own.write(parameters, headLength, panels - together, 0, 0);
            routines.scores(1, count)
                    .call(
                            keys + together * panelBytes,
                            heads,
                            4L * headLength,
                            scores + 4L * PanelFormat.ROWS * together,
                            AttentionScratch.SCORE_STRIDE,
                            parameters);
        }
    }

    private void scoreRounded(long keys, int panels, int query, int count) {
        KeyRoutines routines = work().keyRoutines();
        int headLength = work().plan().headLength();
        long stride = ActivationRow.bytes(headLength);
        long tail = own.parameters() + AttentionScratch.ROUNDED_SCORE_PARAMETERS;
        TileTail.write(tail, headLength / ActivationRow.UNIT, panels, 0, 1, false, 0xFFFFL, 0L);
        for (int q = 0; q < count; q += routines.mostQueries()) {
            routines.scores(1, Math.min(routines.mostQueries(), count - q))
                    .call(
                            keys,
                            queries + (query + q) * stride,
                            stride,
                            own.scores() + (long) q * AttentionScratch.SCORE_STRIDE,
                            AttentionScratch.SCORE_STRIDE,
                            tail);
        }
    }

    /** Adds the values of the block's keys {@code first} to {@code end} by their weights. */
    private void mix(int block, int first, int end, int query, int count, Segments result) {
        ValueRoutines routines = work().valueRoutines();
        ElementType type = routines.type();
        int valueLength = work().plan().valueLength();
        long values = values(block) + type.bytes((long) valueLength * kvHead * KvStore.BLOCK);
        long weights = own.scores() + 4L * (first % PanelFormat.ROWS);
        long rowBytes = type.bytes(valueLength);
        long parameters = own.parameters() + AttentionScratch.MIX_PARAMETERS;
        long scaleBytes = 0;
        if (!type.isPlain()) {
            // The codes of a quantized head's rows lie together, their scales behind them.
            rowBytes -= 2L * valueLength / type.groupLength();
            scaleBytes = 4L * valueLength / type.groupLength();
        }
        own.write(parameters + 32, scaleBytes, 0, 0, 0);
        long results = result.address();
        int vectors = valueLength / 16;
        int mostVectors = routines.mostVectors();
        int mostQueries = routines.mostQueries();
        for (int vector = 0; vector < vectors; vector += mostVectors) {
            long scales = own.valueScales(0) + first * scaleBytes + 4L * vector * 16 / type.groupLength();
            for (int q = query; q < query + count; q += mostQueries) {
                own.write(parameters, end - first, rowBytes, results + result.state(q), scales);
                routines.mix(Math.min(mostVectors, vectors - vector), Math.min(mostQueries, query + count - q))
                        .call(
                                values + first * rowBytes + rowBytes * vector / vectors,
                                weights + (long) (q - query) * AttentionScratch.SCORE_STRIDE,
                                AttentionScratch.SCORE_STRIDE,
                                results + result.sums(q) + 64L * vector,
                                4L * valueLength,
                                parameters);
            }
        }
    }

    /** The scales of a block's values as float32, where they have such. */
    private void widenScales(int block) {
        ElementType type = work().valueRoutines().type();
        if (type.isPlain()) {
            return;
        }
        int valueLength = work().plan().valueLength();
        int count = KvStore.BLOCK * valueLength / type.groupLength();
        long headBytes = type.bytes((long) KvStore.BLOCK * valueLength);
        long halfs = values(block) + (kvHead + 1) * headBytes - 2L * count;
        routines.widen().call(halfs, own.valueScales(4L * count), count, 0, 0, 0);
    }

    private long values(int block) {
        return work().cache().values(work().plan().layer(), block).address();
    }
}

package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KvLayout;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.RopeTable;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * Attention of one layer: first all keys and values are stored, then queries that share a key head are worked on together, a block of {@link KvStore#BLOCK}
 * keys after the other, six queries at a time.
 *
 * <p>Positions are cut into segments of {@link #SEGMENT}; each gives its own sum, and these are added in order. A single token with a long context is
 * spread over the team by segments, many tokens by groups of them: since the segments are always the same, so are the bits.
 */
final class MachineAttention {
    /** Positions of a segment: long enough that adding segments costs nothing, short enough to spread a long context. */
    static final int SEGMENT = 1024;
    /** Queries of a chunk: with their results they stay in the second-level cache beside a block of keys. */
    private static final int QUERIES_OF_CHUNK = 192;
    /** Rows of a chunk of storing. */
    private static final int STORED_ROWS = 8;

    private static final int SCORE_STRIDE = 4 * KvStore.BLOCK + 64;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final WorkerTeam team;
    private final KernelCode kernelCode;
    private final CodeStore codeStore;
    private final PanelMemory memory;
    private final RowRoutines rows;
    private final AttentionRoutines routines;
    private final Map<ElementType, KeyRoutines> keyRoutinesOfTypes = new EnumMap<>(ElementType.class);
    private final Map<ElementType, ValueRoutines> valueRoutinesOfTypes = new EnumMap<>(ElementType.class);
    private final Scratch[] scratch;
    /** Results of segments: of single tokens, {@code [head][segment]}, shared by the workers. */
    private MemorySegment shared = MemorySegment.NULL;

    // What the region works on.
    private @Nullable AttentionPlan plan;
    private AttentionPlan.@Nullable Span span;
    private @Nullable KeyRoutines keyRoutines;
    private @Nullable ValueRoutines valueRoutines;
    private MemorySegment angles = MemorySegment.NULL;
    private int tokensOfChunk;
    private int segmentCount;
    private int firstSegment;
    private final WorkerTeam.Region store = this::storeChunk;
    private final WorkerTeam.Region attendTokens = this::attendTokensChunk;
    private final WorkerTeam.Region attendSegment = this::attendSegmentChunk;

    MachineAttention(WorkerTeam team, KernelCode kernelCode, CodeStore codeStore, PanelMemory memory, RowRoutines rows) {
        this.team = team;
        this.kernelCode = kernelCode;
        this.codeStore = codeStore;
        this.memory = memory;
        this.rows = rows;
        routines = new AttentionRoutines(kernelCode, codeStore);
        scratch = new Scratch[team.size()];
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = new Scratch(memory);
        }
    }

    /** Memory of one worker. */
    private static final class Scratch {
        private final PanelMemory memory;
        /** Parameters of the routines: 0 scores, 64 mixing, 128 softmax, 192 norms, 256 scores of rounded queries. */
        final MemorySegment parameters;

        final MemorySegment scores;
        MemorySegment heads = MemorySegment.NULL;
        /** The same heads, rounded to 8 bits. */
        MemorySegment roundedHeads = MemorySegment.NULL;
        /** Scales of the values of a block. */
        MemorySegment scales = MemorySegment.NULL;
        /** A head that Java stores. */
        float[] stored = new float[0];
        MemorySegment results = MemorySegment.NULL;
        MemorySegment weights = MemorySegment.NULL;

        Scratch(PanelMemory memory) {
            this.memory = memory;
            parameters = memory.segment(256 + TileTail.PARAMETER_BYTES);
            scores = memory.segment((long) RowAddresses.MOST * SCORE_STRIDE);
        }

        MemorySegment grown(MemorySegment segment, long bytes) {
            if (segment.byteSize() >= bytes) {
                return segment;
            }
            synchronized (memory) {
                return memory.segment(bytes + bytes / 4);
            }
        }
    }

    /** Whether the routines can serve: whole vectors in a head, and whole groups where the cache is quantized. */
    static boolean serves(AttentionPlan plan, AttentionPlan.Span[] spans) {
        for (AttentionPlan.Span span : spans) {
            if (plan.headLength() % Math.max(16, span.cache().keyType().groupLength()) != 0
                    || plan.valueLength() % Math.max(16, span.cache().valueType().groupLength()) != 0) {
                return false;
            }
        }
        return true;
    }

    void attend(AttentionPlan plan, AttentionPlan.Span... spans) {
        this.plan = plan;
        for (AttentionPlan.Span span : spans) {
            check(plan, span);
            if (span.rowCount() == 0) {
                continue;
            }
            this.span = span;
            keyRoutines = keyRoutinesOfTypes.computeIfAbsent(span.cache().keyType(), it -> new KeyRoutines(it, kernelCode, codeStore));
            valueRoutines = valueRoutinesOfTypes.computeIfAbsent(span.cache().valueType(), it -> new ValueRoutines(it, kernelCode, codeStore));
            RopeTable rope = plan.rope();
            angles = rope == null ? MemorySegment.NULL : rope.table(span.firstPosition() + span.rowCount());
            team.run((span.rowCount() + STORED_ROWS - 1) / STORED_ROWS, store);
            if (plan.headCount() > 0) {
                attend(plan, span);
            }
        }
    }

    private void attend(AttentionPlan plan, AttentionPlan.Span span) {
        int group = plan.headCount() / plan.kvHeadCount();
        int last = span.firstPosition() + span.rowCount() - 1;
        firstSegment = firstSeen(plan, span.firstPosition()) / SEGMENT;
        segmentCount = last / SEGMENT - firstSegment + 1;
        if (span.rowCount() == 1 && segmentCount > 1) {
            long bytes = (long) plan.headCount() * segmentCount * (4L * plan.valueLength() + AttentionState.BYTES);
            if (shared.byteSize() < bytes) {
                shared = memory.segment(2 * bytes);
            }
            team.run(plan.kvHeadCount() * segmentCount, attendSegment);
            for (int head = 0; head < plan.headCount(); head++) {
                combine(scratch[0], span.firstRow(), head, head, plan.headCount(), segmentCount, shared);
            }
            return;
        }
        tokensOfChunk = Math.max(1, QUERIES_OF_CHUNK / group);
        int blocks = (span.rowCount() + tokensOfChunk - 1) / tokensOfChunk;
        team.run(blocks * plan.kvHeadCount(), attendTokens);
    }

    /** First position that a query at {@code position} sees. */
    private static int firstSeen(AttentionPlan plan, int position) {
        return plan.window() == 0 ? 0 : Math.max(0, position - plan.window() + 1);
    }

    // ---- storing

    private void storeChunk(int chunk, int worker) {
        AttentionPlan plan = Objects.requireNonNull(this.plan);
        AttentionPlan.Span span = Objects.requireNonNull(this.span);
        Scratch own = scratch[worker];
        int width = plan.headLength() * plan.kvHeadCount();
        own.heads = own.grown(own.heads, 4L * width);
        int end = Math.min(span.rowCount(), (chunk + 1) * STORED_ROWS);
        for (int row = chunk * STORED_ROWS; row < end; row++) {
            int position = span.firstPosition() + row;
            MemorySegment.copy(plan.keys().segment(), plan.keys().offset(span.firstRow() + row), own.heads, 0, 4L * width);
            prepare(plan, own, own.heads.address(), plan.kvHeadCount(), plan.keyNorm(), position);
            for (int head = 0; head < plan.kvHeadCount(); head++) {
                storeKey(plan, span.cache(), own, head, position);
                storeValue(plan, span, own, head, row);
            }
        }
    }

    private void storeKey(AttentionPlan plan, KvStore cache, Scratch own, int head, int position) {
        int slot = position % KvStore.BLOCK;
        int length = plan.headLength();
        ElementType type = cache.keyType();
        MemorySegment keys = cache.keys(plan.layer(), position);
        LazyRoutine routine = Objects.requireNonNull(keyRoutines).store();
        if (routine == null) {
            own.stored = stored(own, length);
            MemorySegment.copy(own.heads, FLOAT, 4L * head * length, own.stored, 0, length);
            KvLayout.writeKey(keys, type, head, slot, own.stored, 0, length);
            return;
        }
        long panel = keys.address() + KvLayout.panel(type, head, slot, length);
        routine.call(own.heads.address() + 4L * head * length, panel + (long) type.bytes() * (slot % 16), length, 0, 0, 0);
    }

    private void storeValue(AttentionPlan plan, AttentionPlan.Span span, Scratch own, int head, int row) {
        int position = span.firstPosition() + row;
        int slot = position % KvStore.BLOCK;
        int length = plan.valueLength();
        ElementType type = span.cache().valueType();
        MemorySegment values = span.cache().values(plan.layer(), position);
        LazyRoutine routine = Objects.requireNonNull(valueRoutines).store();
        if (routine == null) {
            own.stored = stored(own, length);
            plan.values().read(span.firstRow() + row, head * length, own.stored, 0, length);
            KvLayout.writeValue(values, type, head, slot, own.stored, 0, length);
            return;
        }
        long target = values.address() + type.bytes((long) length * (head * KvStore.BLOCK + slot));
        routine.call(plan.values().address(span.firstRow() + row) + 4L * head * length, target, length, 0, 0, 0);
    }

    private static float[] stored(Scratch own, int length) {
        return own.stored.length < length ? new float[length] : own.stored;
    }

    /** Norms and rotates some heads of one token, in place. */
    private void prepare(
            AttentionPlan plan, Scratch own, long heads, int count, @Nullable MemorySegment norm, int position) {
        if (norm != null) {
            own.parameters.set(FLOAT, 192, plan.normEpsilon());
            own.parameters.set(FLOAT, 196, 1f / plan.headLength());
            for (int head = 0; head < count; head++) {
                long at = heads + 4L * head * plan.headLength();
                rows.rmsNorm(at, norm.address(), plan.headLength(), own.parameters.address() + 192, at);
            }
        }
        RopeTable rope = plan.rope();
        if (rope != null) {
            long pairs = rope.rotatedLength() / 2;
            routines.rotate(rope.halves()).call(heads, angles.address() + 8 * pairs * position, pairs, count, 4L * plan.headLength(), 0);
        }
    }

    // ---- attending

    /** All segments of a group of tokens and one key head; late tokens first, since they take longest. */
    private void attendTokensChunk(int chunk, int worker) {
        AttentionPlan plan = Objects.requireNonNull(this.plan);
        AttentionPlan.Span span = Objects.requireNonNull(this.span);
        Scratch own = scratch[worker];
        int blocks = (span.rowCount() + tokensOfChunk - 1) / tokensOfChunk;
        int block = blocks - 1 - chunk / plan.kvHeadCount();
        int kvHead = chunk % plan.kvHeadCount();
        int firstRow = block * tokensOfChunk;
        int tokens = Math.min(tokensOfChunk, span.rowCount() - firstRow);
        int group = plan.headCount() / plan.kvHeadCount();
        int queries = tokens * group;
        int first = firstSeen(plan, span.firstPosition() + firstRow) / SEGMENT;
        int end = (span.firstPosition() + firstRow + tokens - 1) / SEGMENT + 1;
        long resultBytes = 4L * plan.valueLength();
        long segmentBytes = queries * (resultBytes + AttentionState.BYTES);
        own.results = own.grown(own.results, (end - first) * segmentBytes);
        loadQueries(plan, span, own, kvHead, firstRow, tokens);
        for (int segment = first; segment < end; segment++) {
            long base = (segment - first) * segmentBytes;
            attend(plan, span, own, kvHead, firstRow, tokens, segment, own.results.asSlice(base, segmentBytes));
        }
        for (int query = 0; query < queries; query++) {
            int row = span.firstRow() + firstRow + query / group;
            combine(own, row, kvHead * group + query % group, query, queries, end - first, own.results);
        }
    }

    /** One segment of a single token and one key head. */
    private void attendSegmentChunk(int chunk, int worker) {
        AttentionPlan plan = Objects.requireNonNull(this.plan);
        AttentionPlan.Span span = Objects.requireNonNull(this.span);
        Scratch own = scratch[worker];
        int kvHead = chunk / segmentCount;
        int segment = chunk % segmentCount;
        int group = plan.headCount() / plan.kvHeadCount();
        loadQueries(plan, span, own, kvHead, 0, 1);
        long resultBytes = 4L * plan.valueLength();
        // Own memory first: results and states of a group are apart in the shared one.
        long bytes = group * (resultBytes + AttentionState.BYTES);
        own.results = own.grown(own.results, bytes);
        attend(plan, span, own, kvHead, 0, 1, firstSegment + segment, own.results);
        long segmentBytes = plan.headCount() * (resultBytes + AttentionState.BYTES);
        int head = kvHead * group;
        MemorySegment.copy(own.results, 0, shared, segment * segmentBytes + head * resultBytes, group * resultBytes);
        MemorySegment.copy(
                own.results,
                group * resultBytes,
                shared,
                segment * segmentBytes + plan.headCount() * resultBytes + (long) head * AttentionState.BYTES,
                (long) group * AttentionState.BYTES);
    }

    private void loadQueries(AttentionPlan plan, AttentionPlan.Span span, Scratch own, int kvHead, int firstRow, int tokens) {
        int group = plan.headCount() / plan.kvHeadCount();
        long bytes = 4L * group * plan.headLength();
        own.heads = own.grown(own.heads, tokens * bytes);
        for (int token = 0; token < tokens; token++) {
            long source = plan.queries().offset(span.firstRow() + firstRow + token) + kvHead * bytes;
            MemorySegment.copy(plan.queries().segment(), source, own.heads, token * bytes, bytes);
            int position = span.firstPosition() + firstRow + token;
            prepare(plan, own, own.heads.address() + token * bytes, group, plan.queryNorm(), position);
        }
        if (Objects.requireNonNull(keyRoutines).takesRoundedQueries()) {
            int queries = tokens * group;
            long stride = ActivationRow.bytes(plan.headLength());
            own.roundedHeads = own.grown(own.roundedHeads, queries * stride);
            for (int query = 0; query < queries; query++) {
                rows.quantize(
                        own.heads.address() + 4L * query * plan.headLength(), plan.headLength(), own.roundedHeads.address() + query * stride);
            }
        }
    }

    /**
     * Queries {@code [token][head of the group]} over the keys of one segment.
     *
     * @param target receives {@code [query][valueLength]} sums, then a state for each query
     */
    private void attend(
            AttentionPlan plan,
            AttentionPlan.Span span,
            Scratch own,
            int kvHead,
            int firstRow,
            int tokens,
            int segment,
            MemorySegment target) {
        int group = plan.headCount() / plan.kvHeadCount();
        int queries = tokens * group;
        long resultBytes = 4L * plan.valueLength();
        long states = queries * resultBytes;
        int firstPosition = span.firstPosition() + firstRow;
        target.asSlice(0, states).fill((byte) 0);
        for (int query = 0; query < queries; query++) {
            long state = states + (long) query * AttentionState.BYTES;
            int head = kvHead * group + query % group;
            MemorySegment alibi = plan.alibi();
            float slope = alibi == null ? 0 : alibi.getAtIndex(FLOAT, head);
            // LARGEST and SUM, two words that the block writes, SLOPE.
            Parameters.write(target, state, Parameters.pair(Float.NEGATIVE_INFINITY, 0), 0, Parameters.pair(0, slope), 0);
        }
        MemorySegment parameters = own.parameters;
        float cap = plan.softCap();
        Parameters.write(parameters, 128, Parameters.pair(plan.scale(), cap), Parameters.pair(cap == 0 ? 0 : 2 / cap, 0), 0, 0);
        int from = Math.max(segment * SEGMENT, firstSeen(plan, firstPosition));
        int to = Math.min((segment + 1) * SEGMENT, firstPosition + tokens);
        for (int block = from & -KvStore.BLOCK; block < to; block += KvStore.BLOCK) {
            widenScales(plan, span, own, kvHead, block);
            for (int query = 0; query < queries; query += RowAddresses.MOST) {
                int count = Math.min(RowAddresses.MOST, queries - query);
                block(plan, span, own, kvHead, firstPosition, group, block, query, count, target, states);
            }
        }
    }

    /** Some queries over one block of the cache. */
    private void block(
            AttentionPlan plan,
            AttentionPlan.Span span,
            Scratch own,
            int kvHead,
            int firstPosition,
            int group,
            int block,
            int query,
            int count,
            MemorySegment target,
            long states) {
        // Keys that any of the queries sees.
        int lowest = Math.max(0, firstSeen(plan, firstPosition + query / group) - block);
        int highest = Math.min(KvStore.BLOCK, firstPosition + (query + count - 1) / group + 1 - block);
        if (lowest >= highest) {
            return;
        }
        int firstPanel = lowest / 16;
        int panels = (highest + 15) / 16 - firstPanel;
        int firstKey = firstPanel * 16;
        long state = states + (long) query * AttentionState.BYTES;
        for (int i = 0; i < count; i++) {
            int position = firstPosition + (query + i) / group;
            long at = state + (long) i * AttentionState.BYTES;
            target.set(INT, at + AttentionState.FIRST_KEY, firstSeen(plan, position) - block - firstKey);
            target.set(INT, at + AttentionState.END_KEY, position + 1 - block - firstKey);
            target.set(FLOAT, at + AttentionState.DISTANCE, block + firstKey - position);
        }
        long keys = span.cache().keys(plan.layer(), block).address() + KvLayout.panel(span.cache().keyType(), kvHead, firstKey, plan.headLength());
        score(plan, own, keys, panels, query, count);
        routines.softmax(plan.softCap() != 0)
                .call(own.scores.address(), SCORE_STRIDE, target.address() + state, count, panels, own.parameters.address() + 128);
        // Only keys that somebody sees: the values of others may be anything, and zero times anything may be undefined.
        long scores = own.scores.address() + 4L * (lowest - firstKey);
        long values = span.cache().values(plan.layer(), block).address()
                + span.cache().valueType().bytes((long) plan.valueLength() * kvHead * KvStore.BLOCK);
        mix(plan, own, values, lowest, highest - lowest, scores, target.address() + 4L * query * plan.valueLength(), target.address() + state, count);
    }

    /** Products of some queries with whole panels of keys. */
    private void score(AttentionPlan plan, Scratch own, long keys, int panels, int query, int count) {
        KeyRoutines routines = Objects.requireNonNull(keyRoutines);
        int headLength = plan.headLength();
        MemorySegment parameters = own.parameters;
        long scores = own.scores.address();
        if (routines.takesRoundedQueries()) {
            long stride = ActivationRow.bytes(headLength);
            MemorySegment tail = parameters.asSlice(256);
            TileTail.write(tail, headLength / ActivationRow.UNIT, panels, 0, 1, false, 0xFFFF, 0);
            for (int q = 0; q < count; q += routines.mostQueries()) {
                routines.scores(1, Math.min(routines.mostQueries(), count - q))
                        .call(
                                keys,
                                own.roundedHeads.address() + (query + q) * stride,
                                stride,
                                scores + (long) q * SCORE_STRIDE,
                                SCORE_STRIDE,
                                tail.address());
            }
            return;
        }
        long heads = own.heads.address() + 4L * query * headLength;
        long panelBytes = 16L * headLength * routines.type().bytes();
        int most = routines.mostPanels();
        int together = panels / most * most;
        if (together > 0) {
            Parameters.write(parameters, 0, headLength, panels / most, 0, 0);
            routines.scores(most, count).call(keys, heads, 4L * headLength, scores, SCORE_STRIDE, parameters.address());
        }
        if (together < panels) {
            Parameters.write(parameters, 0, headLength, panels - together, 0, 0);
            routines.scores(1, count)
                    .call(keys + together * panelBytes, heads, 4L * headLength, scores + 64L * together, SCORE_STRIDE, parameters.address());
        }
    }

    /** Adds the values of a head from key {@code first} on, so many {@code keys}, by their weights. */
    private void mix(
            AttentionPlan plan, Scratch own, long values, int first, int keys, long weights, long results, long states, int count) {
        ValueRoutines routines = Objects.requireNonNull(valueRoutines);
        ElementType type = routines.type();
        int valueLength = plan.valueLength();
        long rowBytes = type.bytes(valueLength);
        MemorySegment parameters = own.parameters;
        long scaleBytes = 0;
        if (!type.isPlain()) {
            // The codes of a quantized head's rows lie together, their scales behind them.
            rowBytes -= 2L * valueLength / type.groupLength();
            scaleBytes = 4L * valueLength / type.groupLength();
        }
        Parameters.write(parameters, 96, scaleBytes, 0, 0, 0);
        int vectors = valueLength / 16;
        int mostVectors = routines.mostVectors();
        int mostQueries = routines.mostQueries();
        for (int vector = 0; vector < vectors; vector += mostVectors) {
            long scales = own.scales.address() + first * scaleBytes + 4L * vector * 16 / type.groupLength();
            for (int query = 0; query < count; query += mostQueries) {
                Parameters.write(parameters, 64, keys, rowBytes, states + (long) query * AttentionState.BYTES, scales);
                routines.mix(Math.min(mostVectors, vectors - vector), Math.min(mostQueries, count - query))
                        .call(
                                values + first * rowBytes + rowBytes * vector / vectors,
                                weights + (long) query * SCORE_STRIDE,
                                SCORE_STRIDE,
                                results + 4L * query * valueLength + 64L * vector,
                                4L * valueLength,
                                parameters.address() + 64);
            }
        }
    }

    /** The scales of a block's values as float32, where they have such. */
    private void widenScales(AttentionPlan plan, AttentionPlan.Span span, Scratch own, int kvHead, int block) {
        ElementType type = span.cache().valueType();
        if (type.isPlain()) {
            return;
        }
        int count = KvStore.BLOCK * plan.valueLength() / type.groupLength();
        long headBytes = type.bytes((long) KvStore.BLOCK * plan.valueLength());
        own.scales = own.grown(own.scales, 4L * count);
        long halfs = span.cache().values(plan.layer(), block).address() + (kvHead + 1) * headBytes - 2L * count;
        routines.widen().call(halfs, own.scales.address(), count, 0, 0, 0);
    }

    /**
     * Adds the segments of one query and divides by the sum of all exponentials.
     *
     * @param segments for each segment, sums {@code [query][valueLength]}, then states {@code [query]}
     */
    private void combine(Scratch own, int row, int head, int query, int queries, int count, MemorySegment segments) {
        AttentionPlan plan = Objects.requireNonNull(this.plan);
        long resultBytes = 4L * plan.valueLength();
        long segmentBytes = queries * (resultBytes + AttentionState.BYTES);
        long state = queries * resultBytes + (long) query * AttentionState.BYTES;
        own.weights = own.grown(own.weights, 4L * count);
        if (count == 1 && plan.sinks() == null) {
            own.weights.set(FLOAT, 0, (float) (1.0 / segments.get(FLOAT, state + AttentionState.SUM)));
        } else {
            weigh(plan, own, head, count, segments, state, segmentBytes);
        }
        routines.combine().call(
                segments.address() + query * resultBytes,
                segmentBytes,
                own.weights.address(),
                count,
                plan.valueLength() / 16,
                plan.output().address(row) + 4L * head * plan.valueLength());
    }

    /** {@code own.weights} = what each segment's sums are multiplied with. @param state of the first segment; the others' follow after a segment's bytes each */
    private static void weigh(
            AttentionPlan plan, Scratch own, int head, int count, MemorySegment segments, long state, long segmentBytes) {
        MemorySegment sinks = plan.sinks();
        float sink = sinks == null ? Float.NEGATIVE_INFINITY : sinks.getAtIndex(FLOAT, head);
        float largest = sink;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, segments.get(FLOAT, i * segmentBytes + state + AttentionState.LARGEST));
        }
        double sum = sinks == null ? 0 : Math.exp((double) sink - largest);
        for (int i = 0; i < count; i++) {
            long at = i * segmentBytes + state;
            float own1 = segments.get(FLOAT, at + AttentionState.LARGEST);
            double weight = own1 == largest ? 1 : Math.exp((double) own1 - largest);
            sum += weight * segments.get(FLOAT, at + AttentionState.SUM);
            own.weights.setAtIndex(FLOAT, i, (float) weight);
        }
        for (int i = 0; i < count; i++) {
            own.weights.setAtIndex(FLOAT, i, (float) (own.weights.getAtIndex(FLOAT, i) / sum));
        }
    }

    private static void check(AttentionPlan plan, AttentionPlan.Span span) {
        int lastRow = span.firstRow() + span.rowCount();
        boolean rowsFit = span.firstRow() >= 0
                && span.rowCount() >= 0
                && span.firstPosition() >= 0
                && lastRow <= plan.queries().rows()
                && lastRow <= plan.keys().rows()
                && lastRow <= plan.values().rows()
                && lastRow <= plan.output().rows();
        boolean columnsFit = plan.queries().columns() >= plan.headCount() * plan.headLength()
                && plan.keys().columns() >= plan.kvHeadCount() * plan.headLength()
                && plan.values().columns() >= plan.kvHeadCount() * plan.valueLength()
                && plan.output().columns() >= plan.headCount() * plan.valueLength();
        if (!rowsFit || !columnsFit || plan.headCount() % plan.kvHeadCount() != 0) {
            throw new IllegalArgumentException("rows " + span.firstRow() + " to " + lastRow + " at position " + span.firstPosition()
                    + " do not fit attention of " + plan.headCount() + " x " + plan.headLength() + " queries and "
                    + plan.kvHeadCount() + " key and value heads");
        }
    }
}

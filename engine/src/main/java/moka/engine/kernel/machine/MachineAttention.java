package moka.engine.kernel.machine;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.RopeTable;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * Attention of one layer: first all keys and values are stored, then queries that share a key head are worked on together ({@link QueryGroup}).
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

    private final WorkerTeam team;
    private final KernelCode kernelCode;
    private final CodeStore codeStore;
    private final AttentionRoutines routines;
    private final AttentionInputs inputs;
    private final Map<ElementType, KeyRoutines> keyRoutines = new EnumMap<>(ElementType.class);
    private final Map<ElementType, ValueRoutines> valueRoutines = new EnumMap<>(ElementType.class);
    // Of each worker.
    private final AttentionScratch[] scratch;
    private final QueryGroup[] groups;
    /** Results of segments of a single token, from all workers. */
    private final AttentionScratch.Room shared;

    // What the regions work on.
    private @Nullable AttentionWork work;
    private int tokensOfChunk;
    private int firstSegment;
    private int segmentCount;
    private final WorkerTeam.Region store = this::storeChunk;
    private final WorkerTeam.Region attendTokens = this::attendTokensChunk;
    private final WorkerTeam.Region attendSegment = this::attendSegmentChunk;

    MachineAttention(WorkerTeam team, KernelCode kernelCode, CodeStore codeStore, PanelMemory memory, RowRoutines rows)
            throws CodeMemory.RefusedException {
        this.team = team;
        this.kernelCode = kernelCode;
        this.codeStore = codeStore;
        shared = new AttentionScratch.Room(memory);
        routines = new AttentionRoutines(kernelCode, codeStore);
        inputs = new AttentionInputs(rows, routines);
        var writer = new Parameters.Writer(codeStore.write(kernelCode.write()));
        scratch = new AttentionScratch[team.size()];
        groups = new QueryGroup[team.size()];
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = new AttentionScratch(memory, writer);
            groups[i] = new QueryGroup(inputs, routines, scratch[i]);
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
        for (AttentionPlan.Span span : spans) {
            AttentionWork.check(plan, span);
            if (span.rowCount() > 0) {
                attend(work(plan, span));
            }
        }
    }

    private AttentionWork work(AttentionPlan plan, AttentionPlan.Span span) {
        KvStore cache = span.cache();
        RopeTable rope = plan.rope();
        return new AttentionWork(
                plan,
                span,
                keyRoutines.computeIfAbsent(cache.keyType(), it -> new KeyRoutines(it, kernelCode, codeStore)),
                valueRoutines.computeIfAbsent(cache.valueType(), it -> new ValueRoutines(it, kernelCode, codeStore)),
                rope == null ? 0 : rope.table(span.firstPosition() + span.rowCount()).address());
    }

    private void attend(AttentionWork work) {
        this.work = work;
        team.run((work.rowCount() + STORED_ROWS - 1) / STORED_ROWS, store);
        AttentionPlan plan = work.plan();
        if (plan.headCount() == 0) {
            return;
        }
        if (work.rowCount() == 1) {
            inputs.prepareQueries(work, scratch[0]);
        }
        firstSegment = work.firstSeen(work.position(0)) / SEGMENT;
        segmentCount = work.position(work.rowCount() - 1) / SEGMENT - firstSegment + 1;
        if (work.rowCount() == 1 && segmentCount > 1) {
            attendSegments(work);
        } else {
            tokensOfChunk = Math.max(1, QUERIES_OF_CHUNK / work.groupLength());
            team.run(chunksOfTokens(work) * plan.kvHeadCount(), attendTokens);
        }
    }

    private int chunksOfTokens(AttentionWork work) {
        return (work.rowCount() + tokensOfChunk - 1) / tokensOfChunk;
    }

    private void storeChunk(int chunk, int worker) {
        AttentionWork work = Objects.requireNonNull(this.work);
        int end = Math.min(work.rowCount(), (chunk + 1) * STORED_ROWS);
        for (int row = chunk * STORED_ROWS; row < end; row++) {
            inputs.store(work, row, scratch[worker]);
        }
    }

    /** All segments of a group of tokens and one key head; late tokens first, since they take longest. */
    private void attendTokensChunk(int chunk, int worker) {
        AttentionWork work = Objects.requireNonNull(this.work);
        int kvHeadCount = work.plan().kvHeadCount();
        int firstRow = (chunksOfTokens(work) - 1 - chunk / kvHeadCount) * tokensOfChunk;
        int tokens = Math.min(tokensOfChunk, work.rowCount() - firstRow);
        int first = work.firstSeen(work.position(firstRow)) / SEGMENT;
        int count = work.position(firstRow + tokens - 1) / SEGMENT + 1 - first;
        QueryGroup group = groups[worker];
        group.load(work, chunk % kvHeadCount, firstRow, tokens);
        Segments results = group.results(count);
        for (int i = 0; i < count; i++) {
            group.attend((first + i) * SEGMENT, (first + i + 1) * SEGMENT, results.at(i));
        }
        for (int query = 0; query < group.count(); query++) {
            combine(results, query, count, group.row(query), group.head(query), scratch[worker]);
        }
    }

    /** A single token with a long context: its segments are spread over the team. */
    private void attendSegments(AttentionWork work) {
        AttentionPlan plan = work.plan();
        int headCount = plan.headCount();
        var results = new Segments(shared.of(segmentCount * Segments.bytes(headCount, plan.valueLength())), headCount, plan.valueLength());
        team.run(plan.kvHeadCount() * segmentCount, attendSegment);
        for (int head = 0; head < headCount; head++) {
            combine(results, head, segmentCount, work.span().firstRow(), head, scratch[0]);
        }
    }

    /** One segment of a single token and one key head. */
    private void attendSegmentChunk(int chunk, int worker) {
        AttentionWork work = Objects.requireNonNull(this.work);
        int segment = chunk % segmentCount;
        int from = (firstSegment + segment) * SEGMENT;
        QueryGroup group = groups[worker];
        group.load(work, chunk / segmentCount, 0, 1);
        // Own memory first: results and states of a group are apart in the shared one.
        Segments own = group.results(1);
        group.attend(from, from + SEGMENT, own);
        new Segments(shared.of(0), work.plan().headCount(), work.plan().valueLength()).take(own, segment, group.head(0));
    }

    /** Adds the segments of one query, each by its weight, into a head of a row of the output. */
    private void combine(Segments segments, int query, int count, int row, int head, AttentionScratch own) {
        AttentionPlan plan = Objects.requireNonNull(work).plan();
        long weights = segments.weigh(plan, query, head, count, own);
        routines.combine().call(
                segments.address() + segments.sums(query),
                segments.stride(),
                weights,
                count,
                plan.valueLength() / 16,
                plan.output().address(row) + 4L * head * plan.valueLength());
    }
}

package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KvLayout;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.RopeTable;
import org.jspecify.annotations.Nullable;

/** Brings heads, normed and rotated, to where attention wants them: keys and values to the cache, queries to the memory of their worker; those of a single row stay. */
final class AttentionInputs {
    private final RowRoutines rows;
    private final AttentionRoutines routines;

    AttentionInputs(RowRoutines rows, AttentionRoutines routines) {
        this.rows = rows;
        this.routines = routines;
    }

    /** Stores keys and values of one of the span's rows; the row of keys is overwritten. */
    void store(AttentionWork work, int row, AttentionScratch own) {
        AttentionPlan plan = work.plan();
        long keys = plan.keys().address(work.span().firstRow() + row);
        prepare(work, own, keys, plan.kvHeadCount(), plan.keyNorm(), work.position(row));
        storeKeys(work, keys, work.position(row), own);
        storeValues(work, plan.values().address(work.span().firstRow() + row), work.position(row), own);
    }

    /** @param heads address of all heads */
    private static void storeKeys(AttentionWork work, long heads, int position, AttentionScratch own) {
        int slot = position % KvStore.BLOCK;
        int length = work.plan().headLength();
        ElementType type = work.cache().keyType();
        MemorySegment keys = work.cache().keys(work.plan().layer(), position);
        LazyRoutine routine = work.keyRoutines().store();
        for (int head = 0; head < work.plan().kvHeadCount(); head++) {
            if (routine == null) {
                KvLayout.writeKey(keys, type, head, slot, own.head(heads, head, length), 0, length);
            } else {
                long panel = keys.address() + KvLayout.panel(type, head, slot, length);
                routine.call(heads + 4L * head * length, panel + (long) type.bytes() * (slot % PanelFormat.ROWS), length, 0, 0, 0);
            }
        }
    }

    /** @param heads address of all heads */
    private static void storeValues(AttentionWork work, long heads, int position, AttentionScratch own) {
        int slot = position % KvStore.BLOCK;
        int length = work.plan().valueLength();
        ElementType type = work.cache().valueType();
        MemorySegment values = work.cache().values(work.plan().layer(), position);
        LazyRoutine routine = work.valueRoutines().store();
        for (int head = 0; head < work.plan().kvHeadCount(); head++) {
            if (routine == null) {
                KvLayout.writeValue(values, type, head, slot, own.head(heads, head, length), 0, length);
            } else {
                long target = values.address() + type.bytes((long) length * (head * KvStore.BLOCK + slot));
                routine.call(heads + 4L * head * length, target, length, 0, 0, 0);
            }
        }
    }

    /** Norms and rotates the queries of a span's only row where they lie: {@link #load} takes them from there. */
    void prepareQueries(AttentionWork work, AttentionScratch own) {
        AttentionPlan plan = work.plan();
        prepare(work, own, plan.queries().address(work.span().firstRow()), plan.headCount(), plan.queryNorm(), work.position(0));
    }

    /**
     * The queries of some rows that share a key head, {@code [row][head of the group]} without gaps; rounded where the keys' type wants that.
     *
     * @return address of the first
     */
    long load(AttentionWork work, int kvHead, int firstRow, int count, AttentionScratch own) {
        AttentionPlan plan = work.plan();
        long bytes = 4L * work.groupLength() * plan.headLength();
        long heads = work.rowCount() == 1
                ? plan.queries().address(work.span().firstRow()) + kvHead * bytes
                : copied(work, kvHead, firstRow, count, own);
        return work.keyRoutines().takesRoundedQueries() ? rounded(heads, count * work.groupLength(), plan.headLength(), own) : heads;
    }

    private long copied(AttentionWork work, int kvHead, int firstRow, int count, AttentionScratch own) {
        AttentionPlan plan = work.plan();
        int group = work.groupLength();
        long bytes = 4L * group * plan.headLength();
        long heads = own.heads(count * bytes);
        for (int i = 0; i < count; i++) {
            Parameters.copy(plan.queries().address(work.span().firstRow() + firstRow + i) + kvHead * bytes, heads + i * bytes, bytes);
            prepare(work, own, heads + i * bytes, group, plan.queryNorm(), work.position(firstRow + i));
        }
        return heads;
    }

    private long rounded(long heads, int count, int headLength, AttentionScratch own) {
        long stride = ActivationRow.bytes(headLength);
        long rounded = own.roundedHeads(count * stride);
        for (int i = 0; i < count; i++) {
            rows.quantize(heads + 4L * i * headLength, headLength, rounded + i * stride);
        }
        return rounded;
    }

    /** Norms and rotates some heads of one position, in place. */
    private void prepare(
            AttentionWork work, AttentionScratch own, long heads, int count, @Nullable MemorySegment norm, int position) {
        AttentionPlan plan = work.plan();
        if (norm != null) {
            long parameters = own.parameters() + AttentionScratch.NORM_PARAMETERS;
            own.write(parameters, Parameters.pair(plan.normEpsilon(), 1f / plan.headLength()), 0, 0, 0);
            for (int head = 0; head < count; head++) {
                long at = heads + 4L * head * plan.headLength();
                rows.rmsNorm(at, norm.address(), plan.headLength(), parameters, at);
            }
        }
        RopeTable rope = plan.rope();
        if (rope != null) {
            long pairs = rope.rotatedLength() / 2;
            long angles = work.angles() + 8 * pairs * position;
            routines.rotate(rope.halves()).call(heads, angles, pairs, count, 4L * plan.headLength(), 0);
        }
    }
}

package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KvLayout;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.RopeTable;
import org.jspecify.annotations.Nullable;

/** Brings heads, normed and rotated, to where attention wants them: keys and values to the cache, queries to the memory of their worker. */
final class AttentionInputs {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final RowRoutines rows;
    private final AttentionRoutines routines;

    AttentionInputs(RowRoutines rows, AttentionRoutines routines) {
        this.rows = rows;
        this.routines = routines;
    }

    /** Stores keys and values of one of the span's rows. */
    void store(AttentionWork work, int row, AttentionScratch own) {
        AttentionPlan plan = work.plan();
        long bytes = 4L * plan.headLength() * plan.kvHeadCount();
        MemorySegment heads = own.heads(bytes);
        int position = work.position(row);
        MemorySegment.copy(plan.keys().segment(), plan.keys().offset(work.span().firstRow() + row), heads, 0, bytes);
        prepare(work, own, heads.address(), plan.kvHeadCount(), plan.keyNorm(), position);
        for (int head = 0; head < plan.kvHeadCount(); head++) {
            storeKey(work, heads, head, position, own);
            storeValue(work, row, head, position, own);
        }
    }

    private static void storeKey(AttentionWork work, MemorySegment heads, int head, int position, AttentionScratch own) {
        int slot = position % KvStore.BLOCK;
        int length = work.plan().headLength();
        ElementType type = work.cache().keyType();
        MemorySegment keys = work.cache().keys(work.plan().layer(), position);
        LazyRoutine routine = work.keyRoutines().store();
        if (routine == null) {
            float[] stored = own.head(length);
            MemorySegment.copy(heads, FLOAT, 4L * head * length, stored, 0, length);
            KvLayout.writeKey(keys, type, head, slot, stored, 0, length);
            return;
        }
        long panel = keys.address() + KvLayout.panel(type, head, slot, length);
        routine.call(
                heads.address() + 4L * head * length, panel + (long) type.bytes() * (slot % PanelFormat.ROWS), length, 0, 0, 0);
    }

    private static void storeValue(AttentionWork work, int row, int head, int position, AttentionScratch own) {
        AttentionPlan plan = work.plan();
        int slot = position % KvStore.BLOCK;
        int length = plan.valueLength();
        int from = work.span().firstRow() + row;
        ElementType type = work.cache().valueType();
        MemorySegment values = work.cache().values(plan.layer(), position);
        LazyRoutine routine = work.valueRoutines().store();
        if (routine == null) {
            float[] stored = own.head(length);
            plan.values().read(from, head * length, stored, 0, length);
            KvLayout.writeValue(values, type, head, slot, stored, 0, length);
            return;
        }
        long target = values.address() + type.bytes((long) length * (head * KvStore.BLOCK + slot));
        routine.call(plan.values().address(from) + 4L * head * length, target, length, 0, 0, 0);
    }

    /**
     * Loads the queries of some rows that share a key head, {@code [row][head of the group]}, to the worker's {@link AttentionScratch#heads}, and rounded to
     * {@link AttentionScratch#roundedHeads} where the keys' type wants that.
     */
    void load(AttentionWork work, int kvHead, int firstRow, int count, AttentionScratch own) {
        AttentionPlan plan = work.plan();
        int group = work.groupLength();
        long bytes = 4L * group * plan.headLength();
        MemorySegment heads = own.heads(count * bytes);
        for (int i = 0; i < count; i++) {
            long source = plan.queries().offset(work.span().firstRow() + firstRow + i) + kvHead * bytes;
            MemorySegment.copy(plan.queries().segment(), source, heads, i * bytes, bytes);
            prepare(work, own, heads.address() + i * bytes, group, plan.queryNorm(), work.position(firstRow + i));
        }
        if (work.keyRoutines().takesRoundedQueries()) {
            round(heads, count * group, plan.headLength(), own);
        }
    }

    private void round(MemorySegment heads, int count, int headLength, AttentionScratch own) {
        long stride = ActivationRow.bytes(headLength);
        MemorySegment rounded = own.roundedHeads(count * stride);
        for (int i = 0; i < count; i++) {
            rows.quantize(heads.address() + 4L * i * headLength, headLength, rounded.address() + i * stride);
        }
    }

    /** Norms and rotates some heads of one position, in place. */
    private void prepare(
            AttentionWork work, AttentionScratch own, long heads, int count, @Nullable MemorySegment norm, int position) {
        AttentionPlan plan = work.plan();
        if (norm != null) {
            MemorySegment parameters = own.parameters();
            parameters.set(FLOAT, AttentionScratch.NORM_PARAMETERS, plan.normEpsilon());
            parameters.set(FLOAT, AttentionScratch.NORM_PARAMETERS + 4, 1f / plan.headLength());
            for (int head = 0; head < count; head++) {
                long at = heads + 4L * head * plan.headLength();
                rows.rmsNorm(
                        at, norm.address(), plan.headLength(), parameters.address() + AttentionScratch.NORM_PARAMETERS, at);
            }
        }
        RopeTable rope = plan.rope();
        if (rope != null) {
            long pairs = rope.rotatedLength() / 2;
            long angles = work.angles().address() + 8 * pairs * position;
            routines.rotate(rope.halves()).call(heads, angles, pairs, count, 4L * plan.headLength(), 0);
        }
    }
}

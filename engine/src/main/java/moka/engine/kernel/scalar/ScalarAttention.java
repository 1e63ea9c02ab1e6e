package moka.engine.kernel.scalar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.KvLayout;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.RopeTable;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/** Attention, one query head at a time. */
final class ScalarAttention {
    private static final ValueLayout.OfFloat FLOAT = InputRows.FLOAT;

    private final WorkerTeam team;
    private final Scratch[] scratch;

    ScalarAttention(WorkerTeam team) {
        this.team = team;
        scratch = new Scratch[team.size()];
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = new Scratch();
        }
    }

    /** Memory of one worker. */
    private static final class Scratch {
        float[] query = {};
        float[] cached = {};
        float[] scores = {};
        double[] mixed = {};
    }

    long bytes() {
        long bytes = 0;
        for (Scratch one : scratch) {
            bytes += 4L * (one.query.length + one.cached.length + one.scores.length) + 8L * one.mixed.length;
        }
        return bytes;
    }

    /** All keys and values of the spans are stored before a query looks at them. */
    void attend(AttentionPlan plan, AttentionPlan.Span... spans) {
        int heads = plan.headCount();
        for (AttentionPlan.Span span : spans) {
            check(plan, span);
            RopeTable rope = plan.rope();
            MemorySegment angles = rope == null ? null : rope.table(span.firstPosition() + span.rowCount());
            team.run(span.rowCount(), (row, worker) -> store(plan, span, row, angles));
            team.run(
                    span.rowCount() * heads,
                    (chunk, worker) -> attend(plan, span, chunk / heads, chunk % heads, angles, scratch[worker]));
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
            throw new IllegalArgumentException("rows " + span.firstRow() + " to " + lastRow + " at position "
                    + span.firstPosition() + " do not fit attention of " + plan.headCount() + " x " + plan.headLength()
                    + " queries and " + plan.kvHeadCount() + " key and value heads");
        }
    }

    /** Norms, rotates and stores the keys of a row, and stores its values. */
    private static void store(AttentionPlan plan, AttentionPlan.Span span, int row, @Nullable MemorySegment angles) {
        KvStore cache = span.cache();
        int position = span.firstPosition() + row;
        int slot = position % KvStore.BLOCK;
        MemorySegment keys = cache.keys(plan.layer(), position);
        MemorySegment values = cache.values(plan.layer(), position);
        var key = new float[plan.headLength()];
        var value = new float[plan.valueLength()];
        for (int head = 0; head < plan.kvHeadCount(); head++) {
            plan.keys().read(span.firstRow() + row, head * plan.headLength(), key, 0, plan.headLength());
            prepare(plan, key, plan.keyNorm(), angles, position);
            KvLayout.writeKey(keys, cache.keyType(), head, slot, key, 0, plan.headLength());
            plan.values().read(span.firstRow() + row, head * plan.valueLength(), value, 0, plan.valueLength());
            KvLayout.writeValue(values, cache.valueType(), head, slot, value, 0, plan.valueLength());
        }
    }

    private static void attend(
            AttentionPlan plan,
            AttentionPlan.Span span,
            int row,
            int head,
            @Nullable MemorySegment angles,
            Scratch scratch) {
        int position = span.firstPosition() + row;
        int first = plan.window() == 0 ? 0 : Math.max(0, position - plan.window() + 1);
        int count = position - first + 1;
        int kvHead = head / (plan.headCount() / plan.kvHeadCount());
        int headLength = plan.headLength();
        if (scratch.scores.length < count) {
            scratch.scores = new float[Math.max(count, 2 * scratch.scores.length)];
        }
        scratch.query = scratch.query.length < headLength ? new float[headLength] : scratch.query;
        float[] query = scratch.query;
        plan.queries().read(span.firstRow() + row, head * headLength, query, 0, headLength);
        prepare(plan, query, plan.queryNorm(), angles, position);
        for (int i = 0; i < count; i++) {
            readKey(plan, span.cache(), kvHead, first + i, scratch);
            scratch.scores[i] = score(plan, head, query, scratch.cached, position, first + i);
        }
        softmax(scratch.scores, count, plan.sinks() == null ? Float.NEGATIVE_INFINITY : at(plan.sinks(), head));
        mix(plan, span, row, head, kvHead, first, count, scratch);
    }

    private static void readKey(AttentionPlan plan, KvStore cache, int kvHead, int position, Scratch scratch) {
        scratch.cached = scratch.cached.length < plan.headLength() ? new float[plan.headLength()] : scratch.cached;
        MemorySegment keys = cache.keys(plan.layer(), position);
        KvLayout.readKey(
                keys, cache.keyType(), kvHead, position % KvStore.BLOCK, scratch.cached, 0, plan.headLength());
    }

    private static float score(AttentionPlan plan, int head, float[] query, float[] key, int position, int keyPosition) {
        double dot = 0;
        for (int i = 0; i < plan.headLength(); i++) {
            dot += (double) query[i] * key[i];
        }
        float score = (float) (dot * plan.scale());
        if (plan.softCap() != 0) {
            score = (float) (plan.softCap() * Math.tanh(score / plan.softCap()));
        }
        if (plan.alibi() != null) {
            score += at(plan.alibi(), head) * (keyPosition - position);
        }
        return score;
    }

    /** Scores become weights; the sink takes part in the sum alone. */
    private static void softmax(float[] scores, int count, float sink) {
        float largest = sink;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, scores[i]);
        }
        double sum = Math.exp((double) sink - largest);
        for (int i = 0; i < count; i++) {
            scores[i] = (float) Math.exp((double) scores[i] - largest);
            sum += scores[i];
        }
        for (int i = 0; i < count; i++) {
            scores[i] = (float) (scores[i] / sum);
        }
    }

    private static void mix(
            AttentionPlan plan,
            AttentionPlan.Span span,
            int row,
            int head,
            int kvHead,
            int first,
            int count,
            Scratch scratch) {
        int length = plan.valueLength();
        KvStore cache = span.cache();
        scratch.mixed = scratch.mixed.length < length ? new double[length] : scratch.mixed;
        scratch.cached = scratch.cached.length < length ? new float[length] : scratch.cached;
        double[] mixed = scratch.mixed;
        float[] value = scratch.cached;
        Arrays.fill(mixed, 0);
        for (int k = 0; k < count; k++) {
            MemorySegment values = cache.values(plan.layer(), first + k);
            int slot = (first + k) % KvStore.BLOCK;
            KvLayout.readValue(values, cache.valueType(), kvHead, slot, value, 0, length);
            for (int i = 0; i < length; i++) {
                mixed[i] += (double) scratch.scores[k] * value[i];
            }
        }
        for (int i = 0; i < length; i++) {
            plan.output().set(span.firstRow() + row, head * length + i, (float) mixed[i]);
        }
    }

    /** Norm and rotation of one head's query or key. */
    private static void prepare(
            AttentionPlan plan,
            float[] head,
            @Nullable MemorySegment norm,
            @Nullable MemorySegment angles,
            int position) {
        if (norm != null) {
            InputRows.rmsNorm(head, 0, plan.headLength(), norm, plan.normEpsilon());
        }
        RopeTable rope = plan.rope();
        if (rope == null || angles == null) {
            return;
        }
        int pairs = rope.rotatedLength() / 2;
        for (int i = 0; i < pairs; i++) {
            int a = rope.halves() ? i : 2 * i;
            int b = rope.halves() ? i + pairs : 2 * i + 1;
            long pair = 2L * ((long) position * pairs + i);
            float cos = at(angles, pair);
            float sin = at(angles, pair + 1);
            float x = head[a];
            float y = head[b];
            head[a] = x * cos - y * sin;
            head[b] = x * sin + y * cos;
        }
    }

    private static float at(MemorySegment floats, long index) {
        return floats.getAtIndex(FLOAT, index);
    }
}

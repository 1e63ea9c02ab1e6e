package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.KvLayout;
import moka.engine.kernel.KvStore;
import moka.engine.kernel.RopeTable;
import org.jspecify.annotations.Nullable;

/** One token: norms and rotates its query and key heads, and stores its keys and values in the cache. */
final class HeadRotation {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Scratch[] scratches;
    private final InputRows inputs;
    private final Elements elements;

    HeadRotation(Scratch[] scratches, InputRows inputs, Elements elements) {
        this.scratches = scratches;
        this.inputs = inputs;
        this.elements = elements;
    }

    /** @param index row of the span */
    void store(AttentionPlan plan, Span span, int index, int worker) {
        int row = span.firstRow() + index;
        int position = span.firstPosition() + index;
        Scratch scratch = scratches[worker];
        rotate(plan, plan.queries(), plan.headCount(), plan.queryNorm(), row, position, scratch);
        float[] keys = rotated(plan, plan.keys(), plan.kvHeadCount(), plan.keyNorm(), row, position, scratch);
        storeKeys(plan, span.cache(), position, keys);
        int valueCount = plan.kvHeadCount() * plan.valueLength();
        float[] values = scratch.floats(Scratch.Use.ROWS, valueCount);
        plan.values().read(row, 0, values, 0, valueCount);
        storeValues(plan, span.cache(), position, values);
    }

    private void rotate(
            AttentionPlan plan,
            Activations rows,
            int heads,
            @Nullable MemorySegment norm,
            int row,
            int position,
            Scratch scratch) {
        if (norm == null && plan.rope() == null) {
            return;
        }
        float[] values = rotated(plan, rows, heads, norm, row, position, scratch);
        rows.write(row, 0, values, 0, heads * plan.headLength());
    }

    private float[] rotated(
            AttentionPlan plan,
            Activations rows,
            int heads,
            @Nullable MemorySegment norm,
            int row,
            int position,
            Scratch scratch) {
        int length = plan.headLength();
        float[] values = scratch.floats(Scratch.Use.ROWS, heads * length);
        rows.read(row, 0, values, 0, heads * length);
        if (norm != null) {
            for (int head = 0; head < heads; head++) {
                float factor = inputs.normFactor(values, head * length, length, plan.normEpsilon());
                elements.scale(values, head * length, length, factor, norm.address());
            }
        }
        RopeTable rope = plan.rope();
        if (rope != null) {
            rotate(values, heads, length, rope, position, scratch);
        }
        return values;
    }

    /** {@code (a, b) becomes (a cos - b sin, a sin + b cos)} for all pairs of all heads. */
    private static void rotate(
            float[] values, int heads, int length, RopeTable rope, int position, Scratch scratch) {
        int pairs = rope.rotatedLength() / 2;
        float[] angles = scratch.floats(Scratch.Use.OTHER, 2 * pairs);
        MemorySegment.copy(
                rope.table(position + 1), FLOAT, 8L * pairs * position, angles, 0, 2 * pairs);
        int apart = rope.halves() ? pairs : 1;
        int step = rope.halves() ? 1 : 2;
        for (int head = 0; head < heads; head++) {
            int at = head * length;
            for (int i = 0; i < pairs; i++) {
                float cos = angles[2 * i];
                float sin = angles[2 * i + 1];
                float a = values[at + i * step];
                float b = values[at + i * step + apart];
                values[at + i * step] = a * cos - b * sin;
                values[at + i * step + apart] = a * sin + b * cos;
            }
        }
    }

    /** Key {@code d} of position {@code p} stands at {@code [kvHead][p/16][d][p%16]} of the block. */
    private static void storeKeys(AttentionPlan plan, KvStore cache, int position, float[] keys) {
        MemorySegment block = cache.keys(plan.layer(), position);
        boolean half = cache.keyType() == KvStore.ElementType.F16;
        boolean single = cache.keyType() == KvStore.ElementType.F32;
        int length = plan.headLength();
        int inBlock = position % KvStore.BLOCK;
        for (int head = 0; head < plan.kvHeadCount(); head++) {
            if (!half && !single) {
                KvLayout.writeKey(block, cache.keyType(), head, inBlock, keys, head * length, length);
                continue;
            }
            long panel = (long) head * KvStore.BLOCK * length + (long) (inBlock / 16) * 16 * length + inBlock % 16;
            for (int d = 0; d < length; d++) {
                store(block, half, panel + 16L * d, keys[head * length + d]);
            }
        }
    }

    private static void storeValues(AttentionPlan plan, KvStore cache, int position, float[] values) {
        MemorySegment block = cache.values(plan.layer(), position);
        boolean half = cache.valueType() == KvStore.ElementType.F16;
        boolean single = cache.valueType() == KvStore.ElementType.F32;
        int length = plan.valueLength();
        for (int head = 0; head < plan.kvHeadCount(); head++) {
            if (!half && !single) {
                KvLayout.writeValue(
                        block, cache.valueType(), head, position % KvStore.BLOCK, values, head * length, length);
                continue;
            }
            long at = ((long) head * KvStore.BLOCK + position % KvStore.BLOCK) * length;
            for (int i = 0; i < length; i++) {
                store(block, half, at + i, values[head * length + i]);
            }
        }
    }

    private static void store(MemorySegment block, boolean half, long element, float value) {
        if (half) {
            block.set(SHORT, 2 * element, Float.floatToFloat16(value));
        } else {
            block.set(FLOAT, 4 * element, value);
        }
    }
}

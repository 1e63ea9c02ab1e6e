package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.KvStore;
import org.jspecify.annotations.Nullable;

/**
 * All query heads of one key-value head, for a block of tokens: scores of all visible keys by tiles whose lanes are keys, softmax
 * over each row, values by tiles whose lanes are values. Keys and values are widened to float32 a few at a time, once for all queries of the
 * block.
 */
final class HeadAttention {
    /** Query rows of a block of tokens, if the scores are short. */
    private static final int QUERIES = 48;

    /** Floats that the scores of a block may take: half a MB. */
    private static final int SCORES = 128 * 1024;

    /** Values widened at a time. */
    private static final int KEYS = 64;

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int lanes;
    private final Scratch[] scratches;
    private final Elements elements;
    private final CachedHeads cached;
    private final Tiles tiles;

    HeadAttention(int lanes, Scratch[] scratches, Elements elements, Tiles tiles) {
        this.lanes = lanes;
        this.scratches = scratches;
        this.elements = elements;
        this.cached = new CachedHeads(elements);
        this.tiles = tiles;
    }

    /** Tokens of a block. */
    static int tokens(AttentionPlan plan, Span span) {
        int group = plan.headCount() / plan.kvHeadCount();
        int last = span.firstPosition() + span.rowCount();
        int visible = plan.window() == 0 ? last : Math.min(last, plan.window() + QUERIES);
        return Math.max(1, Math.min(QUERIES, SCORES / Math.max(1, visible)) / group);
    }

    /** @param first first row of the block in the span */
    void attend(AttentionPlan plan, Span span, int kvHead, int first, int count, int worker) {
        Scratch scratch = scratches[worker];
        int group = plan.headCount() / plan.kvHeadCount();
        int queries = count * group;
        int rows = (queries + Tiles.ROWS - 1) / Tiles.ROWS * Tiles.ROWS;
        int firstPosition = span.firstPosition() + first;
        int begin = visibleFrom(plan, firstPosition) & -16;
        int end = firstPosition + count;
        int step = (end - begin + 31) & -32;

        float[] q = scratch.floats(Scratch.Use.ROWS, rows * plan.headLength());
        readQueries(plan, span.firstRow() + first, kvHead, group, queries, q);
        Arrays.fill(q, queries * plan.headLength(), rows * plan.headLength(), 0f);
        float[] scores = scratch.floats(Scratch.Use.SUMS, rows * step);
        Arrays.fill(scores, 0, rows * step, 0f);
        scores(plan, span.cache(), kvHead, begin, end, q, rows, scores, step, scratch);
        for (int row = 0; row < queries; row++) {
            int head = kvHead * group + row % group;
            softmax(plan, head, firstPosition + row / group, begin, end, scores, row * step);
        }

        int width = (plan.valueLength() + 2 * lanes - 1) / (2 * lanes) * (2 * lanes);
        float[] mixed = scratch.floats(Scratch.Use.OTHER, rows * width);
        Arrays.fill(mixed, 0, rows * width, 0f);
        mix(plan, span.cache(), kvHead, begin, end, scores, step, rows, mixed, width, scratch);
        for (int row = 0; row < queries; row++) {
            int head = kvHead * group + row % group;
            plan.output()
                    .write(span.firstRow() + first + row / group, head * plan.valueLength(), mixed, row * width, plan.valueLength());
        }
    }

    private static int visibleFrom(AttentionPlan plan, int position) {
        return plan.window() == 0 ? 0 : Math.max(0, position - plan.window() + 1);
    }

    private static void readQueries(AttentionPlan plan, int firstRow, int kvHead, int group, int queries, float[] q) {
        int length = plan.headLength();
        for (int row = 0; row < queries; row++) {
            int head = kvHead * group + row % group;
            plan.queries().read(firstRow + row / group, head * length, q, row * length, length);
        }
        for (int i = 0; i < queries * length; i++) {
            q[i] *= plan.scale();
        }
    }

    private void scores(
            AttentionPlan plan,
            KvStore cache,
            int kvHead,
            int begin,
            int end,
            float[] q,
            int rows,
            float[] scores,
            int step,
            Scratch scratch) {
        int length = plan.headLength();
        int panel = 16 * length;
        MemorySegment keys = scratch.aligned(2 * panel);
        for (int key = begin; key < end; key += 32) {
            // Keys beyond the end stay what they were: their lanes are never looked at.
            for (int p = 0; p < 2 && key + 16 * p < end; p++) {
                int position = key + 16 * p;
                MemorySegment block = cache.keys(plan.layer(), position);
                cached.keys(block, cache.keyType(), kvHead, position % KvStore.BLOCK, length, keys, p * panel);
            }
            for (int lane = 0; lane < 32; lane += 2 * lanes) {
                int second = lane + lanes;
                for (int row = 0; row < rows; row += Tiles.ROWS) {
                    tiles.multiply(
                            keys.address() + 4L * (lane / 16 * panel + lane % 16), keys.address() + 4L * (second / 16 * panel + second % 16), 16, q, row * length,
                            length, length, scores, row * step + key - begin + lane, step);
                }
            }
        }
    }

    /** Scores of one query become weights; those that it may not see become 0. */
    private void softmax(AttentionPlan plan, int head, int position, int begin, int end, float[] scores, int at) {
        int from = visibleFrom(plan, position) - begin;
        int to = position + 1 - begin;
        Arrays.fill(scores, at, at + from, 0f);
        Arrays.fill(scores, at + to, at + end - begin, 0f);
        if (plan.softCap() != 0f) {
            elements.softCap(scores, at + from, to - from, plan.softCap());
        }
        MemorySegment alibi = plan.alibi();
        if (alibi != null) {
            float slope = alibi.get(FLOAT, 4L * head);
            for (int i = from; i < to; i++) {
                scores[at + i] += slope * (begin + i - position);
            }
        }
        float maximum = elements.maximum(scores, at + from, to - from);
        float sink = sink(plan.sinks(), head);
        maximum = Math.max(maximum, sink);
        float sum = elements.exponentials(scores, at + from, to - from, maximum);
        if (plan.sinks() != null) {
            sum += (float) Math.exp(sink - maximum);
        }
        float inverse = 1f / sum;
        for (int i = from; i < to; i++) {
            scores[at + i] *= inverse;
        }
    }

    private static float sink(@Nullable MemorySegment sinks, int head) {
        return sinks == null ? Float.NEGATIVE_INFINITY : sinks.get(FLOAT, 4L * head);
    }

    private void mix(
            AttentionPlan plan,
            KvStore cache,
            int kvHead,
            int begin,
            int end,
            float[] scores,
            int step,
            int rows,
            float[] mixed,
            int width,
            Scratch scratch) {
        int length = plan.valueLength();
        MemorySegment values = scratch.aligned(KEYS * width);
        if (width != length) {
            values.fill((byte) 0);
        }
        for (int key = begin; key < end; ) {
            int depth = Math.min(Math.min(KEYS, end - key), KvStore.BLOCK - key % KvStore.BLOCK);
            MemorySegment block = cache.values(plan.layer(), key);
            cached.values(
                    block, cache.valueType(), kvHead, key % KvStore.BLOCK, depth, length, values, 0, width);
            for (int value = 0; value < width; value += 2 * lanes) {
                for (int row = 0; row < rows; row += Tiles.ROWS) {
                    tiles.multiply(
                            values.address() + 4L * value, values.address() + 4L * (value + lanes), width, scores, row * step + key - begin, step, depth, mixed,
                            row * width + value, width);
                }
            }
            key += depth;
        }
    }
}

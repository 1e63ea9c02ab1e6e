package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Attention of one layer: rotate queries and keys, store keys and values in the cache, and mix the values. Made once for a
 * forward pass and layer.
 *
 * @param queries {@code [t][headCount * headLength]}; may be overwritten
 * @param keys {@code [t][kvHeadCount * headLength]}; may be overwritten
 * @param values {@code [t][kvHeadCount * valueLength]}
 * @param output {@code [t][headCount * valueLength]}
 * @param layer index of the layer in the cache
 * @param headCount query heads; 0: keys and values are stored, nothing attends
 * @param headLength values of a query or key head
 * @param valueLength values of a value head
 * @param scale factor of the scores, usually {@code 1/sqrt(headLength)}
 * @param rope rotation, or null where there is none
 * @param queryNorm RMS norm weight of each query head before the rotation ({@code headLength} float32), or null
 * @param keyNorm likewise for keys
 * @param normEpsilon epsilon of these norms
 * @param window positions that a token sees, itself included; 0: all
 * @param softCap scores become {@code softCap * tanh(score / softCap)}; 0: none
 * @param sinks a float32 for each head that takes part in the softmax's sum alone, or null
 * @param alibi slope of each head (float32): {@code slope * (keyPosition - queryPosition)} is added to the score; or null
 */
public record AttentionPlan(
        Activations queries,
        Activations keys,
        Activations values,
        Activations output,
        int layer,
        int headCount,
        int kvHeadCount,
        int headLength,
        int valueLength,
        float scale,
        @Nullable RopeTable rope,
        @Nullable MemorySegment queryNorm,
        @Nullable MemorySegment keyNorm,
        float normEpsilon,
        int window,
        float softCap,
        @Nullable MemorySegment sinks,
        @Nullable MemorySegment alibi) {

    /** Plain attention: no rotation, norms, window, cap, sinks or slopes; scores are scaled by {@code 1/sqrt(headLength)}. */
    public static AttentionPlan of(Rows rows, int layer, Heads heads) {
        return new AttentionPlan(
                rows.queries(), rows.keys(), rows.values(), rows.output(), layer,
                heads.headCount(), heads.kvHeadCount(), heads.headLength(), heads.valueLength(),
                (float) (1 / Math.sqrt(heads.headLength())), null, null, null, 0, 0, 0, null, null);
    }

    /** Where attention reads and writes. */
    public record Rows(Activations queries, Activations keys, Activations values, Activations output) {}

    /** Counts and lengths of heads. */
    public record Heads(int headCount, int kvHeadCount, int headLength, int valueLength) {}

    public AttentionPlan withRope(RopeTable rope) {
        return changed(it -> it.rope = rope);
    }

    /** @param layer of the cache */
    public AttentionPlan withLayer(int layer) {
        return changed(it -> it.layer = layer);
    }

    public AttentionPlan withScale(float scale) {
        return changed(it -> it.scale = scale);
    }

    /** @param queryNorm weight of each query head's RMS norm @param keyNorm of each key head's */
    public AttentionPlan withNorms(MemorySegment queryNorm, MemorySegment keyNorm, float normEpsilon) {
        return changed(it -> {
            it.queryNorm = queryNorm;
            it.keyNorm = keyNorm;
            it.normEpsilon = normEpsilon;
        });
    }

    public AttentionPlan withWindow(int window) {
        return changed(it -> it.window = window);
    }

    public AttentionPlan withSoftCap(float softCap) {
        return changed(it -> it.softCap = softCap);
    }

    public AttentionPlan withSinks(MemorySegment sinks) {
        return changed(it -> it.sinks = sinks);
    }

    public AttentionPlan withAlibi(MemorySegment alibi) {
        return changed(it -> it.alibi = alibi);
    }

    private AttentionPlan changed(Consumer<Changeable> change) {
        var fields = new Changeable(this);
        change.accept(fields);
        return new AttentionPlan(
                queries, keys, values, output, fields.layer, headCount, kvHeadCount, headLength, valueLength, fields.scale,
                fields.rope, fields.queryNorm, fields.keyNorm, fields.normEpsilon, fields.window, fields.softCap, fields.sinks, fields.alibi);
    }

    /** What the methods above change, of a new plan. */
    private static final class Changeable {
        int layer;
        float scale;
        @Nullable RopeTable rope;
        @Nullable MemorySegment queryNorm;
        @Nullable MemorySegment keyNorm;
        float normEpsilon;
        int window;
        float softCap;
        @Nullable MemorySegment sinks;
        @Nullable MemorySegment alibi;

        Changeable(AttentionPlan plan) {
            layer = plan.layer;
            scale = plan.scale;
            rope = plan.rope;
            queryNorm = plan.queryNorm;
            keyNorm = plan.keyNorm;
            normEpsilon = plan.normEpsilon;
            window = plan.window;
            softCap = plan.softCap;
            sinks = plan.sinks;
            alibi = plan.alibi;
        }
    }

    /**
     * Rows of a batch that belong to one sequence: consecutive rows at consecutive positions.
     *
     * @param cache the sequence's cache; has room for {@code firstPosition + rowCount} positions
     * @param firstRow first row in the activations
     * @param firstPosition position of that row
     */
    public record Span(KvStore cache, int firstRow, int rowCount, int firstPosition) {}
}

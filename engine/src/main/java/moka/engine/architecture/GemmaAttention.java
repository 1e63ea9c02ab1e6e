package moka.engine.architecture;

import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * Attention of Gemma 3n and 4: blocks with a window and blocks that see all differ in rotary base and, in Gemma 4, in heads; values are normed without
 * weights; scores are not scaled. The last blocks have no keys and values of their own but read those of the last block of their kind before them, so
 * that they cost no cache.
 */
final class GemmaAttention {
    private final Decoder decoder;
    private final Hyperparameters h;
    private final int firstShared;
    private final int[] sources = {-1, -1}; // layers whose keys and values are shared: of windowed blocks, of the others

    GemmaAttention(Decoder decoder) {
        this.decoder = decoder;
        h = decoder.h();
        firstShared = firstShared(h);
        for (int layer = 0; layer < firstShared; layer++) {
            sources[kind(layer)] = layer;
        }
    }

    private static int firstShared(Hyperparameters h) {
        return h.blockCount() - h.count("attention.shared_kv_layers", 0, h.blockCount() - 1, 0);
    }

    private int kind(int layer) {
        return windowed(h, layer) ? 0 : 1;
    }

    private static boolean windowed(Hyperparameters h, int layer) {
        return h.windowed(layer, 5);
    }

    static CacheShape cacheShape(Hyperparameters h) {
        var layers = new java.util.ArrayList<CacheShape.Layer>();
        for (int layer = 0; layer < h.blockCount(); layer++) {
            int kvHeads = layer < firstShared(h) ? h.kvHeadCount(layer) : 0;
            int window = windowed(h, layer) ? h.window() : 0;
            layers.add(new CacheShape.Layer(kvHeads, keyLength(h, layer), valueLength(h, layer), window));
        }
        return new CacheShape(layers);
    }

    private static int keyLength(Hyperparameters h, int layer) {
        String key = "attention.key_length_swa";
        return windowed(h, layer) && h.has(key) ? h.count(key, 1, 1 << 16) : h.headLength();
    }

    private static int valueLength(Hyperparameters h, int layer) {
        String key = "attention.value_length_swa";
        return windowed(h, layer) && h.has(key) ? h.count(key, 1, 1 << 16) : h.valueLength();
    }

    private Rope rope(int layer) {
        int length = keyLength(h, layer);
        if (!windowed(h, layer)) {
            return decoder.rope("global", true, h.rotatedLength(length), h.ropeBase(), h.ropeScaling());
        }
        int rotated = h.has("rope.dimension_count_swa") ? h.count("rope.dimension_count_swa", 0, length) : length;
        return decoder.plainRope("local", true, rotated, h.ropeBase("rope.freq_base_swa"));
    }

    /** Attention over the input, before the output matrix. */
    SelfAttention attend(Block block, Input input) {
        int layer = block.layer();
        boolean shared = layer >= firstShared;
        int source = shared ? sources[kind(layer)] : layer;
        int length = keyLength(h, layer);
        var heads = new AttentionPlan.Heads(h.headCount(layer), h.kvHeadCount(source), length, valueLength(h, layer));
        SelfAttention attention = new SelfAttention(decoder, block, heads);
        // What the kernels read again: they store the same keys and values in the same place.
        Activations keptKeys = decoder.buffer("keptKeys" + kind(layer), attention.keys().columns());
        Activations keptValues = decoder.buffer("keptValues" + kind(layer), attention.values().columns());
        if (shared) {
            attention.projectQueries(input);
            decoder.steps().copy(keptKeys, attention.keys());
            decoder.steps().copy(keptValues, attention.values());
        } else {
            if (block.has("attn_v.weight")) {
                attention.project(input);
            } else {
                attention.projectKeysAsValues(input);
            }
            attention.normEachHead(attention.values(), heads.valueLength(), new float[0]);
            if (firstShared < h.blockCount() && layer == sources[kind(layer)]) {
                decoder.steps().copy(attention.keys(), keptKeys);
                decoder.steps().copy(attention.values(), keptValues);
            }
        }
        Block owner = new Block(decoder.weights(), source);
        return attention
                .with(it -> it.withLayer(source)
                        .withNorms(
                                block.vector("attn_q_norm.weight", length),
                                owner.vector("attn_k_norm.weight", length),
                                h.rmsEpsilon()))
                .rope(rope(layer))
                .scale(1)
                .window(windowed(h, layer) ? h.window() : 0)
                .attend();
    }
}

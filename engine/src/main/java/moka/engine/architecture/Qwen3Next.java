package moka.engine.architecture;

import java.util.ArrayList;
import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Qwen3-Next and Qwen 3.5: three blocks of a gated delta net to one of attention with a gate; experts with a shared one that has a gate of its own, or a
 * dense feed-forward.
 *
 * @see <a href="https://qwen.ai/blog?id=4074cca80393150c248e508aa62983f9cb7d27cd">Qwen3-Next</a>
 */
public final class Qwen3Next implements Architecture {
    /** Stateless. */
    public Qwen3Next() {}

    @Override
    public List<String> names() {
        return List.of("qwen3next", "qwen35", "qwen35moe");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        List<CacheShape.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < h.blockCount(); layer++) {
            layers.add(
                    recurrent(h, layer)
                            ? DeltaMixer.state(h)
                            : new CacheShape.Layer(h.kvHeadCount(layer), h.headLength(), h.valueLength(), 0));
        }
        return new CacheShape(layers);
    }

    private static boolean recurrent(Hyperparameters h, int layer) {
        int interval = h.has("full_attention_interval") ? h.count("full_attention_interval", 1, 1 << 16) : 4;
        return (layer + 1) % interval != 0;
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        DeltaMixer mixer = new DeltaMixer(decoder, !weights.architecture().equals("qwen3next"));
        return decoder.eachBlock(block -> {
            Input normed = decoder.rmsNorm(block, "attn_norm");
            if (recurrent(h, block.layer())) {
                mixer.addToX(block, normed);
            } else {
                SelfAttention attention = SelfAttention.of(decoder, block);
                Activations gate = attention.projectWithGate(normed);
                attention.normHeads().rope(rope).attend().gate(gate).addToX();
            }
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "post_attention_norm"), Rule.SOFTMAX, Weighting.NORMALIZED);
        });
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Mellum 2: Qwen 3 with experts, where three of four blocks see a window and keep the plain rotation.
 *
 * @see <a href="https://arxiv.org/abs/2505.09388">Qwen3</a>
 */
public final class Mellum implements Architecture {
    /** Stateless. */
    public Mellum() {}

    @Override
    public List<String> names() {
        return List.of("mellum");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 0);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope full = decoder.rope(true);
        Rope local = decoder.plainRope("local", true, h.rotatedLength(), h.ropeBase("rope.freq_base_swa"));
        return decoder.eachBlock(block -> {
            boolean windowed = h.windowed(block.layer(), 0);
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .normHeads()
                    .rope(windowed ? local : full)
                    .window(windowed ? h.window() : 0)
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SOFTMAX, Weighting.NORMALIZED);
        });
    }
}

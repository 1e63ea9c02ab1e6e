package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Command R7B and A: three blocks with a window and rotary positions to one that sees all and has no positions; experts in the place of the
 * feed-forward where the file has them.
 *
 * @see <a href="https://arxiv.org/abs/2504.00698">Command A</a>
 */
public final class Cohere2 implements Architecture {
    /** Stateless. */
    public Cohere2() {}

    @Override
    public List<String> names() {
        return List.of("cohere2", "cohere2moe");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 4);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        return decoder.eachBlock(block -> {
            boolean windowed = h.windowed(block.layer(), 4);
            Input normed = decoder.layerNorm(block, "attn_norm");
            SelfAttention.of(decoder, block)
                    .project(normed)
                    .rope(rope, windowed)
                    .window(windowed ? h.window() : 0)
                    .attend()
                    .addToX();
            // The experts' sum and the shared expert are averaged.
            if (block.has("ffn_gate_inp.weight")) {
                Experts experts = Experts.of(decoder, block, Rule.SOFTMAX, Weighting.NORMALIZED).route(decoder.rows(normed));
                experts.addTo(experts.gated(GateFunction.SILU), decoder.x(), 0.5f);
                FeedForward shared = FeedForward.shared(decoder, block);
                shared.addToX(shared.gated(normed, GateFunction.SILU), 0.5f);
            } else {
                FeedForward feedForward = FeedForward.of(decoder, block);
                feedForward.addToX(feedForward.gated(normed, GateFunction.SILU));
            }
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, h.factor("logit_scale", 1));
    }
}

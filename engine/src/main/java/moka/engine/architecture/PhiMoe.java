package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Phi-3.5-MoE: layer norms, biases everywhere, and a router that chooses one expert after the other.
 *
 * @see <a href="https://arxiv.org/abs/2409.12136">GRIN, sparse mixer</a>
 */
public final class PhiMoe implements Architecture {
    /** Stateless. */
    public PhiMoe() {}

    @Override
    public List<String> names() {
        return List.of("phimoe");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShape.windowed(CacheShapes.of(h), h.window());
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.layerNorm(block, "attn_norm"))
                    .rope(rope)
                    .window(h.window())
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.layerNorm(block, "ffn_norm"), Rule.SPARSE_MIXER, Weighting.AS_SCORED);
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

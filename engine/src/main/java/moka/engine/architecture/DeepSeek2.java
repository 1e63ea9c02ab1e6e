package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * DeepSeek-V2 and V3, Kimi K2, GLM 4.7 Flash: latent attention, whose cache holds one compressed row a token; the first blocks are dense, then many small
 * experts, some of them shared.
 *
 * @see <a href="https://arxiv.org/abs/2405.04434">DeepSeek-V2</a>
 * @see <a href="https://arxiv.org/abs/2412.19437">DeepSeek-V3</a>
 */
public final class DeepSeek2 implements Architecture {
    /** Stateless. */
    public DeepSeek2() {}

    @Override
    public List<String> names() {
        return List.of("deepseek2");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return LatentAttention.cacheShape(h);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        LatentAttention attention = new LatentAttention(decoder, decoder.latentRope(), LatentAttention.yarnScale(h));
        return decoder.eachBlock(block -> {
            attention.addToX(block, decoder.rmsNorm(block, "attn_norm"), 1);
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SOFTMAX, Weighting.AS_SCORED);
        });
    }
}

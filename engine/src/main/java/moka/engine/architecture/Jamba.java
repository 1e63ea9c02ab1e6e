package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Jamba: Mamba with norms on dt, B and C; attention without positions in some blocks; experts in some.
 *
 * @see <a href="https://arxiv.org/abs/2403.19887">Jamba</a>
 */
public final class Jamba implements Architecture {
    /** Stateless. */
    public Jamba() {}

    @Override
    public List<String> names() {
        return List.of("jamba");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return StateMixer.hybrid(h, StateMixer.mambaState(h));
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        return decoder.eachBlock(block -> {
            Input normed = decoder.rmsNorm(block, "attn_norm");
            if (h.kvHeadCount(block.layer()) > 0) {
                SelfAttention.of(decoder, block).project(normed).attend().addToX();
            } else {
                StateMixer.addMamba(decoder, block, normed, true);
            }
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SOFTMAX, Weighting.AS_SCORED);
        });
    }
}

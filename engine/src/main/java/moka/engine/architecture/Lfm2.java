package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * LFM2: gated short convolutions, and attention in some blocks; dense feed-forwards, or experts with a sigmoid router behind the first ones. The norm of the
 * output is called {@code token_embd_norm}.
 *
 * @see <a href="https://arxiv.org/abs/2511.23404">LFM2</a>
 */
public final class Lfm2 implements Architecture {
    /** Stateless. */
    public Lfm2() {}

    @Override
    public List<String> names() {
        return List.of("lfm2", "lfm2moe");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return StateMixer.hybrid(h, StateMixer.shortConvolutionState(h));
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            Input normed = decoder.rmsNorm(block, "attn_norm");
            if (h.kvHeadCount(block.layer()) > 0) {
                SelfAttention.of(decoder, block).project(normed).normHeads().rope(rope).attend().addToX();
            } else {
                StateMixer.addShortConvolution(decoder, block, normed);
            }
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SIGMOID, Weighting.NORMALIZED);
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        String norm = weights.has("output_norm.weight") ? "output_norm.weight" : "token_embd_norm.weight";
        var input = new Input.RmsNormed(hidden, weights.vector(norm, h.embeddingLength()), h.rmsEpsilon());
        return OutputHead.logits(h, weights, input, vocabularySize, graph, 1);
    }
}

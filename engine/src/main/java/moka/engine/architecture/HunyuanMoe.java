package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Hunyuan with experts: norms on heads behind the rotation, and a shared expert.
 *
 * @see <a href="https://arxiv.org/abs/2411.02265">Hunyuan-Large</a>
 */
public final class HunyuanMoe implements Architecture {
    /** Stateless. */
    public HunyuanMoe() {}

    @Override
    public List<String> names() {
        return List.of("hunyuan-moe");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rotateNow(rope)
                    .normHeads()
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SOFTMAX, Weighting.NORMALIZED);
        });
    }
}

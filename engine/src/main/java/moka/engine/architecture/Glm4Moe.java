package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * GLM 4.5 and 4.6: biases on queries, keys and values, norms on heads, half of each head rotated; the first blocks are dense, then a sigmoid router with a
 * bias for the choice, and a shared expert.
 *
 * @see <a href="https://arxiv.org/abs/2508.06471">GLM-4.5</a>
 */
public final class Glm4Moe implements Architecture {
    /** Stateless. */
    public Glm4Moe() {}

    @Override
    public List<String> names() {
        return List.of("glm4moe");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention attention = SelfAttention.of(decoder, block).project(decoder.rmsNorm(block, "attn_norm"));
            // The smaller models have no norms on heads.
            if (block.has("attn_q_norm.weight")) {
                attention.normHeads();
            }
            attention.rope(rope).attend().addToX();
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "post_attention_norm"), Rule.SIGMOID, Weighting.NORMALIZED);
        });
    }
}

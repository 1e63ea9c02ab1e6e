package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Qwen 3 with experts, whose weights sum to 1.
 *
 * @see <a href="https://arxiv.org/abs/2505.09388">Qwen3</a>
 */
public final class Qwen3Moe implements Architecture {
    /** Stateless. */
    public Qwen3Moe() {}

    @Override
    public List<String> names() {
        return List.of("qwen3moe");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .normHeads()
                    .rope(rope)
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SOFTMAX, Weighting.NORMALIZED);
        });
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Qwen 1.5 and 2 with experts: a shared expert with a gate of its own, and weights that do not sum to 1.
 *
 * @see <a href="https://arxiv.org/abs/2407.10671">Qwen2</a>
 */
public final class Qwen2Moe implements Architecture {
    /** Stateless. */
    public Qwen2Moe() {}

    @Override
    public List<String> names() {
        return List.of("qwen2moe");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SOFTMAX, Weighting.AS_SCORED);
        });
    }
}

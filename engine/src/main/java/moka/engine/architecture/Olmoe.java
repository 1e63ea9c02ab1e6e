package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * OLMoE: norms over the whole width of queries and keys; experts whose weights do not sum to 1.
 *
 * @see <a href="https://arxiv.org/abs/2409.02060">OLMoE</a>
 */
public final class Olmoe implements Architecture {
    /** Stateless. */
    public Olmoe() {}

    @Override
    public List<String> names() {
        return List.of("olmoe");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .normWidth()
                    .rope(rope)
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SOFTMAX, Weighting.AS_SCORED);
        });
    }
}

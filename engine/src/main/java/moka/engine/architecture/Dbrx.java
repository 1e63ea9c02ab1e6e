package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * DBRX: layer norms without bias, clipped queries, keys and values, experts.
 *
 * @see <a href="https://www.databricks.com/blog/introducing-dbrx-new-state-art-open-llm">DBRX</a>
 */
public final class Dbrx implements Architecture {
    /** Stateless. */
    public Dbrx() {}

    @Override
    public List<String> names() {
        return List.of("dbrx");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.layerNorm(block, "attn_norm"))
                    .clamp(h.factor("attention.clamp_kqv", 8))
                    .rope(rope)
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.layerNorm(block, "attn_output_norm"), Rule.SOFTMAX, Weighting.NORMALIZED);
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

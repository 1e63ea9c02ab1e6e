package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * MiniMax-M2: norms over the whole width of queries and keys, half of each head rotated, a sigmoid router with a bias for the choice.
 *
 * @see <a href="https://huggingface.co/MiniMaxAI/MiniMax-M2">MiniMax-M2</a>
 */
public final class MiniMaxM2 implements Architecture {
    /** Stateless. */
    public MiniMaxM2() {}

    @Override
    public List<String> names() {
        return List.of("minimax-m2");
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
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SIGMOID, Weighting.NORMALIZED);
        });
    }
}

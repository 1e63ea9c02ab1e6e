package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * ERNIE 4.5 with experts: the first blocks are dense; a bias takes part in the choice of experts; shared experts.
 *
 * @see <a href="https://ernie.baidu.com/blog/publication/ERNIE_Technical_Report.pdf">ERNIE 4.5</a>
 */
public final class Ernie45Moe implements Architecture {
    /** Stateless. */
    public Ernie45Moe() {}

    @Override
    public List<String> names() {
        return List.of("ernie4_5-moe");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SOFTMAX, Weighting.NORMALIZED);
        });
    }
}

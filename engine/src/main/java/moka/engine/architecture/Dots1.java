package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * dots.llm1 and Hunyuan 3: Qwen 3's attention; the first blocks are dense, then a sigmoid router with a bias for the choice, and shared experts.
 *
 * @see <a href="https://arxiv.org/abs/2506.05767">dots.llm1</a>
 */
public final class Dots1 implements Architecture {
    /** Stateless. */
    public Dots1() {}

    @Override
    public List<String> names() {
        return List.of("dots1", "hy_v3");
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
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SIGMOID, Weighting.NORMALIZED);
        });
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * GLM-4 (0414): norms before and behind attention and feed-forward, half of each head rotated, gate and up in one tensor.
 *
 * @see <a href="https://arxiv.org/abs/2406.12793">ChatGLM, GLM-4</a>
 */
public final class Glm4 implements Architecture {
    /** Stateless. */
    public Glm4() {}

    @Override
    public List<String> names() {
        return List.of("glm4");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        return decoder.eachBlock(block -> {
            SelfAttention attention = SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .attend();
            decoder.addRmsNormed(block, "post_attention_norm", attention.output());
            FeedForward feedForward = FeedForward.of(decoder, block);
            Input gated = feedForward.gated(decoder.rmsNorm(block, "ffn_norm"), GateFunction.SILU);
            decoder.addRmsNormed(block, "post_ffw_norm", feedForward.output(gated));
        });
    }
}

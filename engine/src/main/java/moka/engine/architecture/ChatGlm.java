package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * ChatGLM 3, GLM-4 (9B) and GLM-Edge: Llama with biases on queries, keys and values, half of each head rotated, gate and up in one tensor.
 *
 * @see <a href="https://arxiv.org/abs/2406.12793">ChatGLM</a>
 */
public final class ChatGlm implements Architecture {
    /** Stateless. */
    public ChatGlm() {}

    @Override
    public List<String> names() {
        return List.of("chatglm");
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
            decoder.gatedFeedForward(block, "ffn_norm", GateFunction.SILU);
        });
    }
}

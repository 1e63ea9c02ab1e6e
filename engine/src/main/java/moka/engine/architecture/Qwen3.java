package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * Qwen 3: Qwen 2 without biases, with an RMS norm on each head of queries and keys. The text part of Qwen3-VL is the same.
 *
 * @see <a href="https://arxiv.org/abs/2505.09388">Qwen3</a>
 */
public final class Qwen3 implements Architecture {
    /** Stateless. */
    public Qwen3() {}

    @Override
    public List<String> names() {
        return List.of("qwen3", "qwen3vl");
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
            decoder.gatedFeedForward(block, "ffn_norm", GateFunction.SILU);
        });
    }
}

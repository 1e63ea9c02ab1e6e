package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * Qwen 2 and 2.5: Llama with biases on queries, keys and values, and rotated pairs half a head apart. The text part of Qwen2-VL is the same, since the
 * positions of its sections are equal in text.
 *
 * @see <a href="https://arxiv.org/abs/2407.10671">Qwen2</a>
 */
public final class Qwen2 implements Architecture {
    /** Stateless. */
    public Qwen2() {}

    @Override
    public List<String> names() {
        return List.of("qwen2", "qwen2vl");
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
            decoder.gatedFeedForward(block, "ffn_norm", GateFunction.SILU);
        });
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * SmolLM3: Llama with no positions in every fourth block.
 *
 * @see <a href="https://huggingface.co/blog/smollm3">SmolLM3</a>
 */
public final class SmolLm3 implements Architecture {
    /** Stateless. */
    public SmolLm3() {}

    @Override
    public List<String> names() {
        return List.of("smollm3");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope, (block.layer() + 1) % 4 != 0)
                    .attend()
                    .addToX();
            decoder.gatedFeedForward(block, "ffn_norm", GateFunction.SILU);
        });
    }
}

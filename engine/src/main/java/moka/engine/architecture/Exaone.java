package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * EXAONE 3: Llama with rotated pairs half a head apart.
 *
 * @see <a href="https://arxiv.org/abs/2408.03541">EXAONE 3.0</a>
 */
public final class Exaone implements Architecture {
    /** Stateless. */
    public Exaone() {}

    @Override
    public List<String> names() {
        return List.of("exaone");
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

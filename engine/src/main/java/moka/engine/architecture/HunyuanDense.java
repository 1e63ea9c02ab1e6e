package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * Hunyuan (dense): Llama with norms on heads behind the rotation.
 *
 * @see <a href="https://github.com/Tencent-Hunyuan/Hunyuan-7B">Hunyuan 7B</a>
 */
public final class HunyuanDense implements Architecture {
    /** Stateless. */
    public HunyuanDense() {}

    @Override
    public List<String> names() {
        return List.of("hunyuan-dense");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rotateNow(rope)
                    .normHeads()
                    .attend()
                    .addToX();
            decoder.gatedFeedForward(block, "ffn_norm", GateFunction.SILU);
        });
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * Ministral 3: Llama whose queries grow with the logarithm of the position, one step for each length of the original context.
 *
 * @see <a href="https://arxiv.org/abs/2501.19399">Scalable-Softmax</a>
 */
public final class Mistral3 implements Architecture {
    /** Stateless. */
    public Mistral3() {}

    @Override
    public List<String> names() {
        return List.of("mistral3");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        float step = h.factor("attention.temperature_scale", 0);
        int length = h.ropeScaling().originalContextLength();
        return decoder.eachBlock(block -> {
            SelfAttention attention = SelfAttention.of(decoder, block).project(decoder.rmsNorm(block, "attn_norm"));
            if (step != 0) {
                attention.scaleQueries(position -> (float) (1 + step * Math.log1p(position / length)));
            }
            attention.rope(rope).attend().addToX();
            decoder.gatedFeedForward(block, "ffn_norm", GateFunction.SILU);
        });
    }
}

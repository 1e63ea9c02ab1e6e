package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;
import moka.engine.ops.Router;

/**
 * Llama: pre-norm blocks of grouped-query attention with rotary positions and a SwiGLU feed-forward, or Mixtral's experts in its place. InternLM2 and
 * ERNIE 4.5 are the same under other names.
 *
 * @see <a href="https://arxiv.org/abs/2302.13971">LLaMA</a>
 * @see <a href="https://arxiv.org/abs/2407.21783">Llama 3</a>
 * @see <a href="https://arxiv.org/abs/2401.04088">Mixtral of Experts</a>
 */
public final class Llama implements Architecture {
    /** Stateless. */
    public Llama() {}

    @Override
    public List<String> names() {
        return List.of("llama", "internlm2", "ernie4_5");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        // Llama 3.1's scaling comes as a divisor for each frequency (rope_freqs), computed by the converter.
        Rope rope = decoder.rope(false);
        double scale = h.number("attention.scale").orElse(1 / Math.sqrt(h.headLength()));
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .scale(scale)
                    .attend()
                    .addToX();
            if (h.expertCount() > 0) {
                Experts experts = Experts.of(decoder, block, Router.Rule.SOFTMAX, Router.Weighting.NORMALIZED);
                experts.route(decoder.rows(decoder.rmsNorm(block, "ffn_norm")));
                experts.addToX(experts.gated(GateFunction.SILU));
            } else {
                FeedForward feedForward = FeedForward.of(decoder, block);
                feedForward.addToX(feedForward.gated(decoder.rmsNorm(block, "ffn_norm"), GateFunction.SILU));
            }
        });
    }
}

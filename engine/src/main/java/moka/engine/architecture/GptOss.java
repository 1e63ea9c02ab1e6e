package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * gpt-oss: every other block sees a window, all have sinks and biases; experts in MXFP4 with a clamped gate.
 *
 * @see <a href="https://arxiv.org/abs/2508.10925">gpt-oss</a>
 */
public final class GptOss implements Architecture {
    /** Stateless. */
    public GptOss() {}

    private static final float STEEPNESS = 1.702f;

    @Override
    public List<String> names() {
        return List.of("gpt-oss");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 2);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .window(h.windowed(block.layer(), 2) ? h.window() : 0)
                    .sinks()
                    .attend()
                    .addToX();
            Activations normed = decoder.rows(decoder.rmsNorm(block, "post_attention_norm"));
            Experts experts = Experts.of(decoder, block, Rule.SOFTMAX_OF_CHOSEN, Weighting.AS_SCORED).route(normed);
            experts.addToX(experts.gated(GptOss::clamp));
        });
    }

    /**
     * SwiGLU with a steeper sigmoid, both sides clamped to 7, and 1 added to the linear side: {@code g sigmoid(1.702 g) (u + 1)}, which is
     * {@code silu(1.702 g) (u + 1) / 1.702}.
     */
    private static void clamp(float[] gate, float[] up, int count) {
        for (int i = 0; i < count; i++) {
            gate[i] = STEEPNESS * Math.min(gate[i], 7f);
        }
        for (int i = 0; i < count; i++) {
            up[i] = (Math.max(-7f, Math.min(7f, up[i])) + 1) * (1 / STEEPNESS);
        }
    }
}

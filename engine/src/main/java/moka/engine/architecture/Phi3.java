package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * Phi-3 and Phi-4: Llama with fused tensors and LongRoPE, whose factors are chosen by the length of the session's context.
 *
 * @see <a href="https://arxiv.org/abs/2404.14219">Phi-3</a>
 * @see <a href="https://arxiv.org/abs/2402.13753">LongRoPE</a>
 */
public final class Phi3 implements Architecture {
    /** Stateless. */
    public Phi3() {}

    @Override
    public List<String> names() {
        return List.of("phi3");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShape.windowed(CacheShapes.of(h), h.window());
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .window(h.window())
                    .attend()
                    .addToX();
            decoder.gatedFeedForward(block, "ffn_norm", GateFunction.SILU);
        });
    }
}

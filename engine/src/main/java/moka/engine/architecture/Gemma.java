package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * Gemma: the embedding grows by the root of its length, the feed-forward's gate is GELU. Norm weights have their 1 added by the converter.
 *
 * @see <a href="https://arxiv.org/abs/2403.08295">Gemma</a>
 */
public final class Gemma implements Architecture {
    /** Stateless. */
    public Gemma() {}

    @Override
    public List<String> names() {
        return List.of("gemma");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, (float) Math.sqrt(h.embeddingLength()));
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .attend()
                    .addToX();
            decoder.gatedFeedForward(block, "ffn_norm", GateFunction.GELU_TANH);
        });
    }
}

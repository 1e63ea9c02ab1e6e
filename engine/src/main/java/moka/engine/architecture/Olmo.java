package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * OLMo: layer norms without weights; queries, keys and values are clipped.
 *
 * @see <a href="https://arxiv.org/abs/2402.00838">OLMo</a>
 */
public final class Olmo implements Architecture {
    /** Stateless. */
    public Olmo() {}

    @Override
    public List<String> names() {
        return List.of("olmo");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        float limit = h.factor("attention.clamp_kqv", 0);
        return decoder.eachBlock(block -> {
            SelfAttention attention = SelfAttention.of(decoder, block).project(decoder.layerNorm(block, "attn_norm"));
            if (limit > 0) {
                attention.clamp(limit);
            }
            attention.rope(rope).attend().addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.gated(decoder.layerNorm(block, "ffn_norm"), GateFunction.SILU));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

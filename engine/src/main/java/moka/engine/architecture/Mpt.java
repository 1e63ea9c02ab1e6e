package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;

/**
 * MPT: distances instead of positions (ALiBi), layer norms without bias; queries, keys and values are clipped.
 *
 * @see <a href="https://www.databricks.com/blog/mpt-7b">MPT-7B</a>
 * @see <a href="https://arxiv.org/abs/2108.12409">ALiBi</a>
 */
public final class Mpt implements Architecture {
    /** Stateless. */
    public Mpt() {}

    @Override
    public List<String> names() {
        return List.of("mpt");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        if (weights.has("position_embd.weight")) {
            decoder.addLearnedPositions();
        }
        float limit = h.factor("attention.clamp_kqv", 0);
        float largest = h.factor("attention.max_alibi_bias", 0);
        return decoder.eachBlock(block -> {
            SelfAttention attention = SelfAttention.of(decoder, block).project(decoder.layerNorm(block, "attn_norm"));
            if (limit > 0) {
                attention.clamp(limit);
            }
            if (largest > 0) {
                attention.alibi(decoder.slopes(largest));
            }
            attention.attend().addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.plain(decoder.layerNorm(block, "ffn_norm"), GateFunction.GELU_ERF));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

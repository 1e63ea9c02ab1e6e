package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * StableLM: layer norms, a quarter of each head rotated; the model of 12 B has layer norms on heads and adds attention and feed-forward together.
 *
 * @see <a href="https://arxiv.org/abs/2402.17834">Stable LM 2</a>
 */
public final class StableLm implements Architecture {
    /** Stateless. */
    public StableLm() {}

    @Override
    public List<String> names() {
        return List.of("stablelm");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            Input normed = decoder.layerNorm(block, "attn_norm");
            SelfAttention attention = SelfAttention.of(decoder, block).project(normed);
            if (block.has("attn_q_norm.weight")) {
                attention.layerNormHeads();
            }
            attention.rope(rope).attend().addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            boolean parallel = !block.has("ffn_norm.weight");
            feedForward.addToX(feedForward.gated(parallel ? normed : decoder.layerNorm(block, "ffn_norm"), GateFunction.SILU));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * Command R: one layer norm without bias before attention and feed-forward, which are added together; the larger model has layer norms on heads.
 *
 * @see <a href="https://docs.cohere.com/docs/command-r">Command R</a>
 */
public final class CommandR implements Architecture {
    /** Stateless. */
    public CommandR() {}

    @Override
    public List<String> names() {
        return List.of("command-r");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        return decoder.eachBlock(block -> {
            Input normed = decoder.layerNorm(block, "attn_norm");
            SelfAttention attention = SelfAttention.of(decoder, block).project(normed);
            if (block.has("attn_q_norm.weight")) {
                attention.layerNormHeads();
            }
            attention.rope(rope).attend().addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.gated(normed, GateFunction.SILU));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, h.factor("logit_scale", 1));
    }
}

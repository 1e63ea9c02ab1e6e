package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * Falcon: attention and feed-forward added together, behind one layer norm (7 B) or two (40 B).
 *
 * @see <a href="https://arxiv.org/abs/2311.16867">Falcon</a>
 */
public final class Falcon implements Architecture {
    /** Stateless. */
    public Falcon() {}

    @Override
    public List<String> names() {
        return List.of("falcon");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            Input normed = decoder.layerNorm(block, "attn_norm");
            Input attended = block.has("attn_norm_2.weight") ? decoder.layerNorm(block, "attn_norm_2") : normed;
            SelfAttention.of(decoder, block).project(attended).rope(rope).attend().addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.plain(normed, GateFunction.GELU_ERF));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

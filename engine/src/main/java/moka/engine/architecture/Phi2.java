package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * Phi-2: attention and feed-forward read the same layer norm and are added together.
 *
 * @see <a href="https://arxiv.org/abs/2309.05463">Phi-1.5</a>
 */
public final class Phi2 implements Architecture {
    /** Stateless. */
    public Phi2() {}

    @Override
    public List<String> names() {
        return List.of("phi2");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            Input normed = decoder.layerNorm(block, "attn_norm");
            FeedForward feedForward = FeedForward.of(decoder, block);
            SelfAttention.of(decoder, block).project(normed).rope(rope).attend().addToX();
            feedForward.addToX(feedForward.plain(normed, GateFunction.GELU_TANH));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

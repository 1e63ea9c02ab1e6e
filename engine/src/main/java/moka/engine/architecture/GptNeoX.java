package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * GPT-NeoX and Pythia: attention and feed-forward read the residual stream through norms of their own and are added together.
 *
 * @see <a href="https://arxiv.org/abs/2204.06745">GPT-NeoX-20B</a>
 */
public final class GptNeoX implements Architecture {
    /** Stateless. */
    public GptNeoX() {}

    @Override
    public List<String> names() {
        return List.of("gptneox");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        boolean parallel = h.flag("use_parallel_residual", true);
        return decoder.eachBlock(block -> {
            SelfAttention attention =
                    SelfAttention.of(decoder, block).project(decoder.layerNorm(block, "attn_norm")).rope(rope).attend();
            FeedForward feedForward = FeedForward.of(decoder, block);
            if (parallel) {
                Input gated = feedForward.plain(decoder.layerNorm(block, "ffn_norm"), GateFunction.GELU_ERF);
                attention.addToX();
                feedForward.addToX(gated);
            } else {
                attention.addToX();
                feedForward.addToX(feedForward.plain(decoder.layerNorm(block, "ffn_norm"), GateFunction.GELU_ERF));
            }
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

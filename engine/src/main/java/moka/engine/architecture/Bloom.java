package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;

/**
 * BLOOM: distances instead of positions (ALiBi), and a layer norm of the embedding.
 *
 * @see <a href="https://arxiv.org/abs/2211.05100">BLOOM</a>
 */
public final class Bloom implements Architecture {
    /** Stateless. */
    public Bloom() {}

    @Override
    public List<String> names() {
        return List.of("bloom");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        decoder.layerNorm("token_embd_norm", decoder.x(), decoder.x());
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.layerNorm(block, "attn_norm"))
                    .alibi(decoder.slopes(8))
                    .attend()
                    .addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.plain(decoder.layerNorm(block, "ffn_norm"), GateFunction.GELU_TANH));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

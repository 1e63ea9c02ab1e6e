package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * StarCoder 2: layer norms and biases, rotary positions, a GELU feed-forward without gate.
 *
 * @see <a href="https://arxiv.org/abs/2402.19173">StarCoder 2</a>
 */
public final class StarCoder2 implements Architecture {
    /** Stateless. */
    public StarCoder2() {}

    @Override
    public List<String> names() {
        return List.of("starcoder2");
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
                    .project(decoder.layerNorm(block, "attn_norm"))
                    .rope(rope)
                    .window(h.window())
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

package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * MiniCPM 3: latent attention, and MiniCPM's factors for the embedding (12), the residuals (1.4 by the root of the depth) and the logits (a base width of
 * 256), which files do not tell.
 *
 * @see <a href="https://huggingface.co/openbmb/MiniCPM3-4B">MiniCPM3</a>
 */
public final class MiniCpm3 implements Architecture {
    /** Stateless. */
    public MiniCpm3() {}

    @Override
    public List<String> names() {
        return List.of("minicpm3");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return LatentAttention.cacheShape(h);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, 12);
        float residual = (float) (1.4 / Math.sqrt(h.blockCount()));
        int rotated = h.count("rope.dimension_count", 2, 1 << 16);
        Rope rope = decoder.rope("", true, rotated, h.ropeBase(), h.ropeScaling());
        LatentAttention attention = new LatentAttention(decoder, rope, 1);
        return decoder.eachBlock(block -> {
            attention.addToX(block, decoder.rmsNorm(block, "attn_norm"), residual);
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.gated(decoder.rmsNorm(block, "ffn_norm"), GateFunction.SILU), residual);
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.rms(h, weights, hidden, vocabularySize, graph, 256f / h.embeddingLength());
    }
}

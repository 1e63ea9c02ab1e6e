package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * ModernBERT: an encoder with norms before attention and feed-forward, rotary positions, and two of three blocks that see a window to each side.
 *
 * @see <a href="https://arxiv.org/abs/2412.13663">ModernBERT</a>
 */
public final class ModernBert implements Architecture {
    /** Stateless. */
    public ModernBert() {}

    @Override
    public List<String> names() {
        return List.of("modern-bert");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShape.uniform(h.blockCount(), 0, 0, 0);
    }

    @Override
    public boolean embeds() {
        return true;
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        decoder.layerNorm("token_embd_norm", decoder.x(), decoder.x());
        Rope global = decoder.rope(true);
        Rope local = decoder.plainRope("local", true, h.rotatedLength(), h.ropeBase("rope.freq_base_swa"));
        int period = h.count("attention.sliding_window_pattern", 1, 1 << 16);
        decoder.eachBlock(block -> {
            // The first of each period sees all.
            boolean windowed = block.layer() % period != 0;
            Input normed = block.has("attn_norm.weight") ? decoder.layerNorm(block, "attn_norm") : new Input.Plain(decoder.x());
            SelfAttention.of(decoder, block)
                    .project(normed)
                    .rotateNow(windowed ? local : global)
                    .attendBothSides(windowed ? h.window() / 2 : 0)
                    .addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.gated(decoder.layerNorm(block, "ffn_norm"), GateFunction.GELU_ERF));
        });
        decoder.layerNorm("output_norm", decoder.x(), decoder.x());
        return decoder.x();
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return hidden;
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * MiMo-V2: most blocks see a window, have sinks and heads in other numbers than those that see all; values are shorter than keys and scaled.
 *
 * @see <a href="https://huggingface.co/XiaomiMiMo/MiMo-V2-Flash">MiMo-V2-Flash</a>
 */
public final class MiMo2 implements Architecture {
    /** Stateless. */
    public MiMo2() {}

    @Override
    public List<String> names() {
        return List.of("mimo2");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 0);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope full = decoder.rope(true);
        Rope local = decoder.plainRope("local", true, h.rotatedLength(), h.ropeBase("rope.freq_base_swa"));
        float valueScale = h.factor("attention.value_scale", 1);
        return decoder.eachBlock(block -> {
            boolean windowed = h.windowed(block.layer(), 0);
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(windowed ? local : full)
                    .window(windowed ? h.window() : 0)
                    .sinks()
                    .attend()
                    // Scaled values give scaled mixtures.
                    .addToX(valueScale);
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SIGMOID, Weighting.NORMALIZED);
        });
    }
}

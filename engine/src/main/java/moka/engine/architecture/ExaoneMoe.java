package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * K-EXAONE: three blocks with a window and positions to one that sees all and has none; norms on heads; a sigmoid router with a bias for the choice.
 *
 * @see <a href="https://huggingface.co/LGAI-EXAONE/K-EXAONE-236B-A23B">K-EXAONE</a>
 */
public final class ExaoneMoe implements Architecture {
    /** Stateless. */
    public ExaoneMoe() {}

    @Override
    public List<String> names() {
        return List.of("exaone-moe");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 4);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            boolean windowed = h.windowed(block.layer(), 4);
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .normHeads()
                    .rope(rope, windowed)
                    .window(windowed ? h.window() : 0)
                    .attend()
                    .addToX();
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SIGMOID, Weighting.NORMALIZED);
        });
    }
}

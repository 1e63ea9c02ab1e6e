package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * EXAONE 4: norms behind attention and feed-forward and on heads; in the larger model three of four blocks see a window, and only these have positions.
 *
 * @see <a href="https://arxiv.org/abs/2507.11407">EXAONE 4.0</a>
 */
public final class Exaone4 implements Architecture {
    /** Stateless. */
    public Exaone4() {}

    @Override
    public List<String> names() {
        return List.of("exaone4");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, h.window() > 0 ? 4 : 0);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        int period = h.window() > 0 ? 4 : 0;
        return decoder.eachBlock(block -> {
            boolean windowed = h.windowed(block.layer(), period);
            SelfAttention attention = SelfAttention.of(decoder, block)
                    .project(new Input.Plain(decoder.x()))
                    .normHeads()
                    .rope(rope, windowed || period == 0)
                    .window(windowed ? h.window() : 0)
                    .attend();
            decoder.addRmsNormed(block, "post_attention_norm", attention.output());
            FeedForward feedForward = FeedForward.of(decoder, block);
            Input gated = feedForward.gated(new Input.Plain(decoder.x()), GateFunction.SILU);
            decoder.addRmsNormed(block, "post_ffw_norm", feedForward.output(gated));
        });
    }
}

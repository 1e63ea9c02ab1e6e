package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * OLMo 2 and 3: norms behind attention and feed-forward instead of before them, and over the whole width of queries and keys; in OLMo 3 three of four
 * blocks see a window and keep the plain rotation.
 *
 * @see <a href="https://arxiv.org/abs/2501.00656">2 OLMo 2 Furious</a>
 */
public final class Olmo2 implements Architecture {
    /** Stateless. */
    public Olmo2() {}

    @Override
    public List<String> names() {
        return List.of("olmo2");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 0);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope full = decoder.rope(true);
        double localBase = h.has("rope.freq_base_swa") ? h.ropeBase("rope.freq_base_swa") : h.ropeBase();
        Rope local = decoder.plainRope("local", true, h.rotatedLength(), localBase);
        return decoder.eachBlock(block -> {
            boolean windowed = h.windowed(block.layer(), 0);
            SelfAttention attention = SelfAttention.of(decoder, block)
                    .project(new Input.Plain(decoder.x()))
                    .normWidth()
                    .rope(windowed ? local : full)
                    .window(windowed ? h.window() : 0)
                    .attend();
            decoder.addRmsNormed(block, "post_attention_norm", attention.output());
            FeedForward feedForward = FeedForward.of(decoder, block);
            Input gated = feedForward.gated(new Input.Plain(decoder.x()), GateFunction.SILU);
            decoder.addRmsNormed(block, "post_ffw_norm", feedForward.output(gated));
        });
    }
}

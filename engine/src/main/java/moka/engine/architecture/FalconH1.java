package moka.engine.architecture;

import java.util.Collections;
import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * Falcon-H1: attention and Mamba-2 side by side in each block. The many factors are folded into the weights by the converter.
 *
 * @see <a href="https://arxiv.org/abs/2507.22448">Falcon-H1</a>
 */
public final class FalconH1 implements Architecture {
    /** Stateless. */
    public FalconH1() {}

    @Override
    public List<String> names() {
        return List.of("falcon-h1");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return new CacheShape(Collections.nCopies(h.blockCount(), layer(h)));
    }

    private static CacheShape.Layer layer(Hyperparameters h) {
        return new CacheShape.Layer(h.kvHeadCount(), h.headLength(), h.valueLength(), 0, StateMixer.mamba2State(h).stateLength());
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            Input normed = new Input.Plain(decoder.rows(decoder.rmsNorm(block, "attn_norm")));
            SelfAttention.of(decoder, block).project(normed).rope(rope).attend().addToX();
            StateMixer.addMamba2(decoder, block, normed, 1);
            FeedForward feedForward = FeedForward.of(decoder, block);
            // Converters leave the suffix out here.
            String norm = block.has("ffn_norm") ? "ffn_norm" : "ffn_norm.weight";
            var input = new Input.RmsNormed(decoder.x(), block.vector(norm, h.embeddingLength()), h.rmsEpsilon());
            feedForward.addToX(feedForward.gated(input, GateFunction.SILU));
        });
    }
}

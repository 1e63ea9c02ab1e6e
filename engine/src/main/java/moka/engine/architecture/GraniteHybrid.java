package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * Granite 4: Mamba-2, and attention without positions in some blocks; Granite's factors, experts and a shared expert.
 *
 * @see <a href="https://www.ibm.com/granite/docs/models/granite">Granite 4</a>
 */
public final class GraniteHybrid implements Architecture {
    /** Stateless. */
    public GraniteHybrid() {}

    @Override
    public List<String> names() {
        return List.of("granitehybrid");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return StateMixer.hybrid(h, StateMixer.mamba2State(h));
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, h.factor("embedding_scale", 1));
        Rope rope = decoder.rope(false);
        boolean rotated = h.flag("rope.scaling.finetuned", true);
        float residual = h.factor("residual_scale", 1);
        double scale = h.number("attention.scale").orElse(1 / Math.sqrt(h.headLength()));
        return decoder.eachBlock(block -> {
            Input normed = decoder.rmsNorm(block, "attn_norm");
            if (h.kvHeadCount(block.layer()) > 0) {
                SelfAttention.of(decoder, block).project(normed).rope(rope, rotated).scale(scale).attend().addToX(residual);
            } else {
                StateMixer.addMamba2(decoder, block, normed, residual);
            }
            Granite.feedForward(decoder, block, residual);
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.rms(h, weights, hidden, vocabularySize, graph, 1 / h.factor("logit_scale", 1));
    }
}

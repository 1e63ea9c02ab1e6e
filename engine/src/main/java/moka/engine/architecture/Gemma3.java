package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * Gemma 3: five blocks with a window to one that sees all, each kind with a rotary base of its own; norms on the heads of queries and keys in place of the
 * soft cap.
 *
 * @see <a href="https://arxiv.org/abs/2503.19786">Gemma 3</a>
 */
public final class Gemma3 implements Architecture {
    private static final int PERIOD = 6;

    /** Stateless. */
    public Gemma3() {}

    @Override
    public List<String> names() {
        return List.of("gemma3");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, PERIOD);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, (float) Math.sqrt(h.embeddingLength()));
        Rope global = decoder.rope(true);
        Rope local = decoder.plainRope("local", true, h.rotatedLength(), h.ropeBase("rope.freq_base_swa"));
        // The model of 27 B is scaled by the width of a head had they the embedding's length together.
        double head = h.blockCount() == 62 ? (double) h.embeddingLength() / h.headCount() : h.headLength();
        double scale = h.number("attention.scale").orElse(1 / Math.sqrt(head));
        return decoder.eachBlock(block -> {
            boolean windowed = h.windowed(block.layer(), PERIOD);
            SelfAttention attention = SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .normHeads()
                    .rope(windowed ? local : global)
                    .scale(scale)
                    .window(windowed ? h.window() : 0)
                    .attend();
            decoder.addRmsNormed(block, "post_attention_norm", attention.output());
            FeedForward feedForward = FeedForward.of(decoder, block);
            Input gated = feedForward.gated(decoder.rmsNorm(block, "ffn_norm"), GateFunction.GELU_TANH);
            decoder.addRmsNormed(block, "post_ffw_norm", feedForward.output(gated));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        Activations logits = OutputHead.rms(h, weights, hidden, vocabularySize, graph);
        return OutputHead.capped(logits, graph, h.factor("final_logit_softcapping", 0));
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;

/**
 * Gemma 2: every other block sees a window, scores and logits are capped softly, and there are norms behind attention and feed-forward.
 *
 * @see <a href="https://arxiv.org/abs/2408.00118">Gemma 2</a>
 */
public final class Gemma2 implements Architecture {
    /** Stateless. */
    public Gemma2() {}

    @Override
    public List<String> names() {
        return List.of("gemma2");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 2);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, (float) Math.sqrt(h.embeddingLength()));
        Rope rope = decoder.rope(true);
        // The model of 27 B is scaled by the width of a head had they the embedding's length together.
        double head = h.blockCount() == 46 ? (double) h.embeddingLength() / h.headCount() : h.headLength();
        double scale = h.number("attention.scale").orElse(1 / Math.sqrt(head));
        return decoder.eachBlock(block -> {
            SelfAttention attention = SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .scale(scale)
                    .softCap(h.factor("attn_logit_softcapping", 50))
                    .window(h.windowed(block.layer(), 2) ? h.window() : 0)
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
        return OutputHead.capped(logits, graph, h.factor("final_logit_softcapping", 30));
    }
}

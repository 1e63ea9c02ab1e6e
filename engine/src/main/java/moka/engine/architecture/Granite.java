package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Granite and MiniCPM: Llama with factors for the embedding, the residuals, the scores and the logits (maximal update parametrization); experts, an
 * expert that all tokens share, windows and sinks where the file has them.
 *
 * @see <a href="https://arxiv.org/abs/2404.06395">MiniCPM</a>
 * @see <a href="https://arxiv.org/abs/2203.03466">Tensor Programs V</a>
 */
public final class Granite implements Architecture {
    /** Stateless. */
    public Granite() {}

    @Override
    public List<String> names() {
        return List.of("granite", "granitemoe", "granite_swa", "minicpm");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 0);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        boolean miniCpm = weights.architecture().equals("minicpm");
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, h.factor("embedding_scale", miniCpm ? 12 : 1));
        Rope rope = decoder.rope(false);
        boolean rotated = h.flag("rope.scaling.finetuned", true);
        float residual = h.factor("residual_scale", miniCpm ? 1.4 / Math.sqrt(h.blockCount()) : 1);
        double scale = h.number("attention.scale").orElse(1 / Math.sqrt(h.headLength()));
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope, rotated)
                    .scale(scale)
                    .window(h.windowed(block.layer(), 0) ? h.window() : 0)
                    .sinks()
                    .attend()
                    .addToX(residual);
            feedForward(decoder, block, residual);
        });
    }

    /** SwiGLU, or experts and a shared one. */
    static void feedForward(Decoder decoder, Block block, float residual) {
        if (!block.has("ffn_gate_inp.weight")) {
            FeedForward dense = FeedForward.of(decoder, block);
            dense.addToX(dense.gated(decoder.rmsNorm(block, "ffn_norm"), GateFunction.SILU), residual);
            return;
        }
        Activations normed = decoder.rows(decoder.rmsNorm(block, "ffn_norm"));
        Experts experts = Experts.of(decoder, block, Rule.SOFTMAX, Weighting.NORMALIZED).route(normed);
        experts.addTo(experts.gated(GateFunction.SILU), decoder.x(), residual);
        if (block.has("ffn_down_shexp.weight")) {
            FeedForward shared = FeedForward.shared(decoder, block);
            shared.addToX(shared.gated(new Input.Plain(normed), GateFunction.SILU), residual);
        }
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        double usual = weights.architecture().equals("minicpm") ? h.embeddingLength() / 256.0 : 1;
        return OutputHead.rms(h, weights, hidden, vocabularySize, graph, 1 / h.factor("logit_scale", usual));
    }
}

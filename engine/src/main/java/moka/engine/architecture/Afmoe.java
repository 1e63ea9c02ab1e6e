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
 * Arcee Trinity: attention with a gate; three blocks with a window and positions to one that sees all and has none; norms before and behind attention and
 * feed-forward; the embedding grows by the root of its length.
 *
 * @see <a href="https://www.arcee.ai/blog/the-trinity-manifesto">Trinity</a>
 */
public final class Afmoe implements Architecture {
    /** Stateless. */
    public Afmoe() {}

    @Override
    public List<String> names() {
        return List.of("afmoe");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h, 4);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, (float) Math.sqrt(h.embeddingLength()));
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            boolean windowed = h.windowed(block.layer(), 4);
            Activations normed = decoder.rows(decoder.rmsNorm(block, "attn_norm"));
            SelfAttention attention = SelfAttention.of(decoder, block).project(new Input.Plain(normed));
            Activations gate = decoder.buffer("attentionGate", attention.mixed().columns());
            graph.project(new Input.Plain(normed), block.product("attn_gate", h.embeddingLength(), gate));
            attention.normHeads().rope(rope, windowed).window(windowed ? h.window() : 0).attend().gate(gate);
            decoder.addRmsNormed(block, "post_attention_norm", attention.output());
            decoder.addRmsNormed(block, "post_ffw_norm", feedForward(decoder, block));
        });
    }

    private static Activations feedForward(Decoder decoder, Block block) {
        Input input = decoder.rmsNorm(block, "ffn_norm");
        if (!block.has("ffn_gate_inp.weight")) {
            FeedForward dense = FeedForward.of(decoder, block);
            return dense.output(dense.gated(input, GateFunction.SILU));
        }
        Activations normed = decoder.rows(input);
        FeedForward shared = FeedForward.shared(decoder, block);
        Activations output = shared.output(shared.gated(new Input.Plain(normed), GateFunction.SILU));
        Experts experts = Experts.of(decoder, block, Rule.SIGMOID, Weighting.NORMALIZED).route(normed);
        experts.addTo(experts.gated(GateFunction.SILU), output, 1);
        return output;
    }
}

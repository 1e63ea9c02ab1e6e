package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Llama 4: every fourth block has no positions but queries that grow with theirs; the others norm their heads and see chunks of 8192 positions, the
 * longest context allowed here. Every second block (Maverick) or every one (Scout) has experts, whose weights apply to what they read, and a shared one.
 *
 * @see <a href="https://ai.meta.com/blog/llama-4-multimodal-intelligence/">Llama 4</a>
 */
public final class Llama4 implements Architecture {
    /** Stateless. */
    public Llama4() {}

    @Override
    public List<String> names() {
        return List.of("llama4");
    }

    /** Beyond it, attention in chunks and a scale of queries begin. */
    @Override
    public int longestContext() {
        return 8192;
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        return decoder.eachBlock(block -> {
            boolean rotated = (block.layer() + 1) % 4 != 0;
            SelfAttention attention = SelfAttention.of(decoder, block).project(decoder.rmsNorm(block, "attn_norm"));
            if (rotated && h.flag("attention.use_qk_norm", true)) {
                // Without weights a norm is the same before and behind the rotation.
                attention.normEachHead(attention.queries(), h.headLength(), new float[0]);
                attention.normEachHead(attention.keys(), h.headLength(), new float[0]);
            }
            attention.rope(rope, rotated).attend().addToX();
            Input input = decoder.rmsNorm(block, "ffn_norm");
            if (block.has("ffn_gate_inp.weight")) {
                Activations normed = decoder.rows(input);
                Experts experts = Experts.of(decoder, block, Rule.SIGMOID, Weighting.AS_SCORED).weightedInput().route(normed);
                experts.addToX(experts.gated(GateFunction.SILU));
                FeedForward shared = FeedForward.shared(decoder, block);
                shared.addToX(shared.gated(new Input.Plain(normed), GateFunction.SILU));
            } else {
                FeedForward dense = FeedForward.of(decoder, block);
                dense.addToX(dense.gated(input, GateFunction.SILU));
            }
        });
    }
}

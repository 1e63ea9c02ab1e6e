package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * BitNet b1.58: ternary weights, with norms before the output matrices of attention and feed-forward.
 *
 * @see <a href="https://arxiv.org/abs/2504.12285">BitNet b1.58 2B4T</a>
 */
public final class BitNet implements Architecture {
    /** Stateless. */
    public BitNet() {}

    @Override
    public List<String> names() {
        return List.of("bitnet");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention attention = SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .attend();
            Activations mixed = attention.mixed();
            graph.projectAdd(
                    decoder.rmsNorm(block, "attn_sub_norm", mixed), block.product("attn_output", mixed.columns(), decoder.x()));
            FeedForward feedForward = FeedForward.of(decoder, block);
            Activations gated = feedForward.materialized(feedForward.gated(decoder.rmsNorm(block, "ffn_norm"), GateFunction.SILU));
            feedForward.addToX(decoder.rmsNorm(block, "ffn_sub_norm", gated));
        });
    }
}

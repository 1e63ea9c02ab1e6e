package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;

/**
 * Arcee AFM: Llama with a feed-forward of squared ReLU and no gate.
 *
 * @see <a href="https://www.arcee.ai/blog/deep-dive-afm-4-5b-the-first-arcee-foundational-model">AFM-4.5B</a>
 */
public final class Arcee implements Architecture {
    /** Stateless. */
    public Arcee() {}

    @Override
    public List<String> names() {
        return List.of("arcee");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(false);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .attend()
                    .addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.squaredRelu(decoder.rmsNorm(block, "ffn_norm")));
        });
    }
}

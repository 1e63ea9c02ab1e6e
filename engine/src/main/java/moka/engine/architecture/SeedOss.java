package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Rope;

/**
 * Seed-OSS: Qwen 2 with a head length of its own; the norm of the feed-forward is called {@code post_attention_norm}.
 *
 * @see <a href="https://github.com/ByteDance-Seed/seed-oss">Seed-OSS</a>
 */
public final class SeedOss implements Architecture {
    /** Stateless. */
    public SeedOss() {}

    @Override
    public List<String> names() {
        return List.of("seed_oss");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.rmsNorm(block, "attn_norm"))
                    .rope(rope)
                    .attend()
                    .addToX();
            decoder.gatedFeedForward(block, "post_attention_norm", GateFunction.SILU);
        });
    }
}

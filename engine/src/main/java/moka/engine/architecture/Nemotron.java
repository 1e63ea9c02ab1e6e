package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.ops.Rope;

/**
 * Nemotron 3, Minitron and Jais 2: layer norms (their 1 added by the converter), squared ReLU, part of each head rotated.
 *
 * @see <a href="https://arxiv.org/abs/2402.16819">Nemotron-4 15B</a>
 */
public final class Nemotron implements Architecture {
    /** Stateless. */
    public Nemotron() {}

    @Override
    public List<String> names() {
        return List.of("nemotron", "jais2");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        Rope rope = decoder.rope(true);
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block)
                    .project(decoder.layerNorm(block, "attn_norm"))
                    .rope(rope)
                    .attend()
                    .addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.squaredRelu(decoder.layerNorm(block, "ffn_norm")));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;

/**
 * GPT-2: learned positions, layer norms, biases everywhere, a GELU feed-forward. StarCoder is the same with one head of keys and values.
 *
 * @see <a href="https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf">GPT-2</a>
 * @see <a href="https://arxiv.org/abs/2305.06161">StarCoder</a>
 */
public final class Gpt2 implements Architecture {
    /** Stateless. */
    public Gpt2() {}

    @Override
    public List<String> names() {
        return List.of("gpt2", "starcoder");
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        decoder.addLearnedPositions();
        return decoder.eachBlock(block -> {
            SelfAttention.of(decoder, block).project(decoder.layerNorm(block, "attn_norm")).attend().addToX();
            FeedForward feedForward = FeedForward.of(decoder, block);
            feedForward.addToX(feedForward.plain(decoder.layerNorm(block, "ffn_norm"), GateFunction.GELU_TANH));
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.layer(h, weights, hidden, vocabularySize, graph, 1);
    }
}

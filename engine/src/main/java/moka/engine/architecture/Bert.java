package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;

/**
 * BERT: an encoder with learned positions and norms behind attention and feed-forward; gives a vector for each token instead of logits. Nomic's has rotary
 * positions and SwiGLU.
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">BERT</a>
 * @see <a href="https://arxiv.org/abs/2402.01613">Nomic Embed</a>
 */
public final class Bert implements Architecture {
    /** Stateless. */
    public Bert() {}

    @Override
    public List<String> names() {
        return List.of("bert", "nomic-bert");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShape.uniform(h.blockCount(), 0, 0, 0);
    }

    @Override
    public boolean embeds() {
        return true;
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        int width = h.embeddingLength();
        if (weights.has("token_types.weight")) {
            float[] first = weights.optionalFirstFloats("token_types.weight", width);
            decoder.steps().change(decoder.x(), it -> {
                for (int i = 0; i < width; i++) {
                    it[i] += first[i];
                }
            });
        }
        boolean learned = weights.has("position_embd.weight");
        if (learned) {
            decoder.addLearnedPositions();
        }
        decoder.layerNorm("token_embd_norm", decoder.x(), decoder.x());
        return decoder.eachBlock(block -> {
            SelfAttention attention = SelfAttention.of(decoder, block).project(new Input.Plain(decoder.x()));
            if (!learned) {
                attention.rotateNow(decoder.rope(true));
            }
            attention.attendBothSides(0).addToX();
            decoder.layerNorm(block.prefix() + "attn_output_norm", decoder.x(), decoder.x());
            FeedForward feedForward = FeedForward.of(decoder, block);
            var input = new Input.Plain(decoder.x());
            boolean gated = block.has("ffn_gate.weight");
            Input second = gated ? feedForward.gated(input, GateFunction.SILU) : feedForward.plain(input, GateFunction.GELU_ERF);
            feedForward.addToX(second);
            decoder.layerNorm(block.prefix() + "layer_output_norm", decoder.x(), decoder.x());
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return hidden;
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;
import org.jspecify.annotations.Nullable;

/**
 * Gemma 4: Gemma 3 with inputs of each block beside the residual stream (small models), keys and values that the last blocks share, heads of other sizes in the
 * blocks that see all; or experts beside the dense feed-forward.
 *
 * @see <a href="https://ai.google.dev/gemma/docs/core/model_card_4">Gemma 4</a>
 */
public final class Gemma4 implements Architecture {
    /** Stateless. */
    public Gemma4() {}

    @Override
    public List<String> names() {
        return List.of("gemma4");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return GemmaAttention.cacheShape(h);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, (float) Math.sqrt(h.embeddingLength()));
        GemmaAttention attention = new GemmaAttention(decoder);
        @Nullable PerLayerInputs inputs = h.integer("embedding_length_per_layer_input").orElse(0) > 0 ? new PerLayerInputs(decoder) : null;
        return decoder.eachBlock(block -> {
            SelfAttention attended = attention.attend(block, decoder.rmsNorm(block, "attn_norm"));
            decoder.addRmsNormed(block, "post_attention_norm", attended.output());
            decoder.addRmsNormed(block, "post_ffw_norm", feedForward(decoder, block));
            if (inputs != null) {
                decoder.add(inputs.output(block, decoder.x()), 1);
            }
            if (block.has("layer_output_scale.weight")) {
                decoder.steps().scale(decoder.x(), block.floats("layer_output_scale.weight", 1)[0]);
            }
        });
    }

    /** The dense feed-forward; where there are experts, the sum of both behind norms of their own. */
    private static Activations feedForward(Decoder decoder, Block block) {
        Graph graph = decoder.graph();
        int width = decoder.width();
        float epsilon = decoder.h().rmsEpsilon();
        FeedForward dense = FeedForward.of(decoder, block);
        Activations output = dense.output(dense.gated(decoder.rmsNorm(block, "ffn_norm"), GateFunction.GELU_TANH));
        if (!block.has("ffn_gate_inp.weight")) {
            return output;
        }
        graph.rmsNorm(output, block.vector("post_ffw_norm_1.weight", width), epsilon, output);
        Activations judged = decoder.buffer("judged", width);
        float factor = (float) (1 / Math.sqrt(width));
        graph.rmsNorm(decoder.x(), block.weights().scaledVector(block.prefix() + "ffn_gate_inp.scale", width, factor), epsilon, judged);
        Activations normed = decoder.rows(decoder.rmsNorm(block, "pre_ffw_norm_2"));
        Experts experts = Experts.of(decoder, block, Rule.SOFTMAX, Weighting.NORMALIZED).route(judged, normed);
        Activations sum = decoder.buffer("expertSum", width);
        decoder.steps().clear(sum);
        experts.addTo(experts.gated(GateFunction.GELU_TANH), sum, 1);
        graph.rmsNorm(sum, block.vector("post_ffw_norm_2.weight", width), epsilon, sum);
        decoder.steps().combine(output, sum, 1);
        return output;
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        Activations logits = OutputHead.rms(h, weights, hidden, vocabularySize, graph);
        return OutputHead.capped(logits, graph, h.factor("final_logit_softcapping", 0));
    }
}

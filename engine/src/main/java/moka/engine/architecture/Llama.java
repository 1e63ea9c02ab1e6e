package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.ops.Rope;
import moka.engine.ops.RopeScaling;

/**
 * Llama: pre-norm blocks of grouped-query attention with rotary positions and a SwiGLU feed-forward.
 *
 * @see <a href="https://arxiv.org/abs/2302.13971">LLaMA</a>
 * @see <a href="https://arxiv.org/abs/2407.21783">Llama 3</a>
 */
public final class Llama implements Architecture {
    /** Stateless. */
    public Llama() {}

    @Override
    public List<String> names() {
        return List.of("llama");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return CacheShape.uniform(h.blockCount(), h.kvHeadCount(), h.headLength(), h.valueLength());
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        int width = h.embeddingLength();
        int hidden = h.feedForwardLength();
        int queryWidth = h.headCount() * h.headLength();
        int keyWidth = h.kvHeadCount() * h.headLength();
        int valueWidth = h.kvHeadCount() * h.valueLength();
        int mixedWidth = h.headCount() * h.valueLength();
        float epsilon = h.rmsEpsilon();
        Rope rope = rotations.table("", () -> rope(h, weights));

        Activations x = graph.embed(embedding(h, weights), 1);
        Activations queries = graph.rows(queryWidth);
        Activations keys = graph.rows(keyWidth);
        Activations values = graph.rows(valueWidth);
        Activations mixed = graph.rows(mixedWidth);
        Activations gate = graph.rows(hidden);
        Activations up = graph.rows(hidden);
        var rows = new AttentionPlan.Rows(queries, keys, values, mixed);
        var heads = new AttentionPlan.Heads(h.headCount(), h.kvHeadCount(), h.headLength(), h.valueLength());
        float scale = (float) h.number("attention.scale").orElse(1 / Math.sqrt(h.headLength()));
        for (int layer = 0; layer < h.blockCount(); layer++) {
            Block block = new Block(weights, layer);
            graph.project(
                    new Input.RmsNormed(x, block.vector("attn_norm.weight", width), epsilon),
                    block.product("attn_q", width, queries),
                    block.product("attn_k", width, keys),
                    block.product("attn_v", width, values));
            graph.attend(AttentionPlan.of(rows, layer, heads).withRope(rope).withScale(scale));
            graph.projectAdd(new Input.Plain(mixed), block.product("attn_output", mixedWidth, x));
            graph.project(
                    new Input.RmsNormed(x, block.vector("ffn_norm.weight", width), epsilon),
                    block.product("ffn_gate", width, gate),
                    block.product("ffn_up", width, up));
            graph.projectAdd(new Input.Gated(gate, up, GateFunction.SILU), block.product("ffn_down", hidden, x));
        }
        return x;
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        int width = h.embeddingLength();
        Activations logits = graph.rows(vocabularySize);
        graph.project(
                new Input.RmsNormed(hidden, weights.vector("output_norm.weight", width), h.rmsEpsilon()),
                weights.has("output.weight")
                        ? weights.product("output", width, logits)
                        : new Product(embedding(h, weights), logits));
        return logits;
    }

    private static Matrix embedding(Hyperparameters h, Weights weights) {
        return weights.matrix(
                "token_embd.weight",
                h.metadata().requireArray("tokenizer.ggml.tokens").size(),
                h.embeddingLength());
    }

    private static Rope rope(Hyperparameters h, Weights weights) {
        int rotated = h.rotatedLength();
        RopeScaling scaling = h.ropeScaling();
        // Llama 3.1's rule comes as a divisor for each frequency, computed by the converter.
        double[] frequencies = scaling.frequencies(rotated, h.ropeBase(), weights.values("rope_freqs.weight"));
        return new Rope(rotated, false, frequencies, scaling.magnitude());
    }
}

package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.ops.AltUp;
import moka.engine.ops.Norms;

/**
 * Gemma 3n: four streams with alternating updates, a low-rank path beside attention (LAuReL), inputs of each block beside the streams, feed-forwards of which
 * the first ones keep the largest gates alone, and keys and values that the last blocks share.
 *
 * @see <a href="https://ai.google.dev/gemma/docs/gemma-3n">Gemma 3n</a>
 * @see <a href="https://arxiv.org/abs/2411.07501">LAuReL</a>
 */
public final class Gemma3n implements Architecture {
    /** Stateless. */
    public Gemma3n() {}

    @Override
    public List<String> names() {
        return List.of("gemma3n");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return GemmaAttention.cacheShape(h);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph, (float) Math.sqrt(h.embeddingLength()));
        PerLayerInputs inputs = new PerLayerInputs(decoder);
        GemmaAttention attention = new GemmaAttention(decoder);
        Activations[] streams = streams(decoder);
        Activations[] predictions = new Activations[streams.length];
        for (int i = 0; i < streams.length; i++) {
            predictions[i] = decoder.buffer("prediction" + i, h.embeddingLength());
        }
        decoder.eachBlock(block -> {
            AltUp altUp = altUp(decoder, block, streams, predictions);
            graph.eachRow((batch, row, worker) -> altUp.predict(row, worker));
            Activations computed = compute(decoder, block, attention, predictions[altUp.active()]);
            graph.eachRow((batch, row, worker) -> altUp.correct(computed, row, worker));
            addInputs(decoder, block, inputs, streams);
        });
        return merge(decoder, streams);
    }

    /** Attention, LAuReL and the feed-forward of one block, on the stream that is computed. */
    private static Activations compute(Decoder decoder, Block block, GemmaAttention attention, Activations active) {
        Graph graph = decoder.graph();
        int width = decoder.width();
        float epsilon = decoder.h().rmsEpsilon();
        float half = (float) Math.sqrt(0.5);
        Activations normed = decoder.rows(decoder.rmsNorm(block, "attn_norm", active));
        Activations low = decoder.buffer("laurelLow", block.rowCount("laurel_l.weight"));
        Activations laurel = decoder.buffer("laurel", width);
        graph.project(new Input.Plain(normed), block.product("laurel_l", width, low));
        graph.project(new Input.Plain(low), block.product("laurel_r", low.columns(), laurel));
        graph.rmsNorm(laurel, block.vector("laurel_post_norm.weight", width), epsilon, laurel);
        decoder.steps().combine(laurel, normed, 1);
        Activations attended = attention.attend(block, new Input.Plain(normed)).output();
        graph.rmsNorm(attended, block.vector("post_attention_norm.weight", width), epsilon, attended);
        decoder.steps().combine(attended, active, 1);
        decoder.steps().combine(attended, laurel, half);
        FeedForward feedForward = FeedForward.of(decoder, block);
        var gated = (Input.Gated) feedForward.gated(decoder.rmsNorm(block, "ffn_norm", attended), GateFunction.GELU_TANH);
        float deviations = decoder.h().array("activation_sparsity_scale").orElseThrow().floats()[block.layer()];
        if (deviations > 0) {
            int hidden = gated.gate().columns();
            decoder.steps().change(gated.gate(), it -> Norms.keepAbove(it, hidden, deviations));
        }
        Activations output = feedForward.output(gated);
        graph.rmsNorm(output, block.vector("post_ffw_norm.weight", width), epsilon, output);
        decoder.steps().combine(output, attended, 1);
        return output;
    }

    /** The inputs of a block go to the streams that were not computed. */
    private static void addInputs(Decoder decoder, Block block, PerLayerInputs inputs, Activations[] streams) {
        int width = decoder.width();
        float[] scale = block.floats("altup_correct_scale.weight", width);
        int active = decoder.h().count("altup.active_idx", 0, streams.length - 1, 0);
        Activations scaled = decoder.buffer("scaledStream", width);
        decoder.steps().copy(streams[active], scaled);
        decoder.steps().change(scaled, it -> {
            for (int i = 0; i < width; i++) {
                it[i] *= scale[i];
            }
        });
        Activations output = inputs.output(block, scaled);
        for (int i = 1; i < streams.length; i++) {
            decoder.steps().combine(streams[i], output, 1);
        }
    }

    private static AltUp altUp(Decoder decoder, Block block, Activations[] streams, Activations[] predictions) {
        int width = decoder.width();
        int count = streams.length;
        return new AltUp(
                streams,
                predictions,
                decoder.h().count("altup.active_idx", 0, count - 1, 0),
                block.floats("altup_router_norm.weight", width),
                block.floats("altup_router.weight", count * width),
                block.floats("altup_predict_coef.weight", count * count * count),
                block.floats("altup_correct_coef.weight", count * count),
                decoder.h().rmsEpsilon(),
                decoder.graph().scratch());
    }

    /** The embedding and projections of it, all of its length. */
    private static Activations[] streams(Decoder decoder) {
        int count = decoder.h().count("altup.num_inputs", 2, 64);
        int width = decoder.width();
        Activations[] streams = new Activations[count];
        streams[0] = decoder.x();
        List<Matrix> matrices = decoder.weights().experts("altup_proj.weight", count - 1, width, width);
        for (int i = 1; i < count; i++) {
            streams[i] = decoder.buffer("stream" + i, width);
            decoder.graph().project(new Input.Plain(decoder.x()), new Product(matrices.get(i - 1), streams[i]));
            sameLength(decoder, streams[i], decoder.x());
        }
        return streams;
    }

    /** The mean of the streams, taken back to the first one's space and length. */
    private static Activations merge(Decoder decoder, Activations[] streams) {
        int width = decoder.width();
        List<Matrix> matrices = decoder.weights().experts("altup_unembd_proj.weight", streams.length - 1, width, width);
        Activations sum = decoder.buffer("merged", width);
        decoder.steps().copy(streams[0], sum);
        for (int i = 1; i < streams.length; i++) {
            Activations back = decoder.buffer("unembedded", width);
            decoder.graph().project(new Input.Plain(streams[i]), new Product(matrices.get(i - 1), back));
            sameLength(decoder, back, streams[0]);
            decoder.steps().combine(sum, back, i + 1 < streams.length ? 1 : 1f / streams.length);
        }
        return sum;
    }

    private static void sameLength(Decoder decoder, Activations rows, Activations as) {
        int width = rows.columns();
        Graph graph = decoder.graph();
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, width);
            float[] others = graph.scratch().floats(worker, 1, width);
            rows.read(row, 0, values, 0, width);
            as.read(row, 0, others, 0, width);
            float factor = (float) Math.sqrt(Norms.meanSquare(others, width) / Math.max(Norms.meanSquare(values, width), 1e-5));
            for (int i = 0; i < width; i++) {
                values[i] *= factor;
            }
            rows.write(row, 0, values, 0, width);
        });
    }

    @Override
    public Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        Activations logits = OutputHead.rms(h, weights, hidden, vocabularySize, graph);
        return OutputHead.capped(logits, graph, h.factor("final_logit_softcapping", 30));
    }
}

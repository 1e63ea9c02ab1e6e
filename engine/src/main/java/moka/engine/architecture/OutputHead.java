package moka.engine.architecture;

import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.ops.RowCurves;
import moka.engine.runtime.WorkerTeam;

/** From hidden states to logits: a norm, then {@code output} or, where the file has none, the embedding matrix. */
final class OutputHead {
    /** Logits of a chunk of work. */
    private static final int CAPPED = 1 << 14;

    private OutputHead() {}

    /** With an RMS norm. */
    static Activations rms(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return rms(h, weights, hidden, vocabularySize, graph, 1);
    }

    /** With an RMS norm, and logits times a factor. */
    static Activations rms(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph, float factor) {
        var input = new Input.RmsNormed(hidden, weights.vector("output_norm.weight", h.embeddingLength()), h.rmsEpsilon());
        return logits(h, weights, input, vocabularySize, graph, factor);
    }

    /** With a layer norm, and logits times a factor. */
    static Activations layer(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph, float factor) {
        Decoder.layerNorm(weights, graph, "output_norm", hidden, hidden, h.layerNormEpsilon());
        return logits(h, weights, new Input.Plain(hidden), vocabularySize, graph, factor);
    }

    static Activations logits(Hyperparameters h, Weights weights, Input input, int vocabularySize, Graph graph, float factor) {
        Activations logits = graph.rows(vocabularySize);
        graph.project(
                input,
                weights.has("output.weight")
                        ? weights.product("output", h.embeddingLength(), logits, factor)
                        : new Product(Decoder.embedding(h, weights), logits, null, factor));
        return logits;
    }

    /** {@code logits = cap * tanh(logits / cap)}. @param cap 0: none */
    static Activations capped(Activations logits, Graph graph, float cap) {
        if (cap != 0) {
            int chunks = (logits.columns() + CAPPED - 1) / CAPPED;
            WorkerTeam.Region region = (chunk, worker) -> {
                int first = chunk % chunks * CAPPED;
                int count = Math.min(CAPPED, logits.columns() - first);
                float[] values = graph.scratch().floats(worker, 0, CAPPED);
                logits.read(chunk / chunks, first, values, 0, count);
                RowCurves.softCap(values, count, cap);
                logits.write(chunk / chunks, first, values, 0, count);
            };
            graph.step((kernels, batch) -> kernels.spread(chunks * batch.rowCount(), region));
        }
        return logits;
    }
}

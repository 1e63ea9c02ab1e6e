package moka.engine.architecture;

import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.ops.Curves;

/** From hidden states to logits: a norm, then {@code output} or, where the file has none, the embedding matrix. */
final class OutputHead {
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
            int columns = logits.columns();
            graph.eachRow((batch, row, worker) -> {
                for (int i = 0; i < columns; i++) {
                    logits.set(row, i, Curves.softCap(logits.get(row, i), cap));
                }
            });
        }
        return logits;
    }
}

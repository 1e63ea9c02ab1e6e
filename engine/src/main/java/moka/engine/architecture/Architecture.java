package moka.engine.architecture;

import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;

/** A family of models: how its tensors and hyperparameters become a forward pass. Stateless. */
public interface Architecture {
    /** Values of {@code general.architecture} that it serves. */
    List<String> names();

    /** What a token leaves in the cache: keys and values of every block, if the family does not say otherwise. Checks the hyperparameters it reads. */
    default CacheShape cacheShape(Hyperparameters h) {
        return CacheShapes.of(h);
    }

    /** Whether it gives a vector for each token of a whole text, and no logits. */
    default boolean embeds() {
        return false;
    }

    /** Most positions that the family computes rightly, whatever the model was trained for. */
    default int longestContext() {
        return Integer.MAX_VALUE;
    }

    /**
     * Adds the steps from token ids to the hidden state before the output matrix.
     *
     * @param rotations rotary tables, one for each configuration, shared by sessions
     * @return the hidden states, one row a token
     */
    Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph);

    /**
     * Adds the steps from hidden states to logits: an RMS norm and the output matrix, if the family does not say otherwise.
     *
     * @param hidden rows to read
     * @param vocabularySize number of tokens
     * @return the logits
     */
    default Activations head(Hyperparameters h, Weights weights, Activations hidden, int vocabularySize, Graph graph) {
        return OutputHead.rms(h, weights, hidden, vocabularySize, graph);
    }
}

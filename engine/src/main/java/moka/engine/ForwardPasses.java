package moka.engine;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import moka.engine.architecture.Adapters;
import moka.engine.architecture.Architecture;
import moka.engine.architecture.Graph;
import moka.engine.architecture.Hyperparameters;
import moka.engine.architecture.Rotations;
import moka.engine.architecture.Weights;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Kernels;

/** The forward passes of a model: one for each size of batch in use, made at the first use, living as long as the model. */
final class ForwardPasses {
    private final Architecture architecture;
    private final Hyperparameters hyperparameters;
    private final Weights weights;
    private final Adapters adapters;
    private final int vocabularySize;
    private final Kernels kernels;
    private final Arena arena;
    private final Rotations rotations = new Rotations();
    private final Map<Key, ForwardPass> passes = new HashMap<>();

    private record Key(int maxRows, boolean longContext) {
        /** A record's own is made at its first use: 10 ms of the start. */
        @Override
        public int hashCode() {
            return longContext ? -maxRows : maxRows;
        }
    }

    /** @param arena lives as long as the model */
    ForwardPasses(
            Architecture architecture,
            Hyperparameters hyperparameters,
            Weights weights,
            Adapters adapters,
            int vocabularySize,
            Kernels kernels,
            Arena arena) {
        this.architecture = architecture;
        this.hyperparameters = hyperparameters;
        this.weights = weights;
        this.adapters = adapters;
        this.vocabularySize = vocabularySize;
        this.kernels = kernels;
        this.arena = arena;
    }

    /** Asks for every tensor, so that what is missing or wrong is said at once and not at the first token. @throws EngineException if so */
    void checkTensors(int contextLength) {
        try (Arena scratch = Arena.ofConfined()) {
            build(scratch, new Key(1, longContext(contextLength)));
        }
    }

    synchronized ForwardPass of(int maxRows, int contextLength) {
        return passes.computeIfAbsent(new Key(maxRows, longContext(contextLength)), key -> build(arena, key));
    }

    /** Whether LongRoPE's factors for contexts beyond the training's apply. */
    private boolean longContext(int contextLength) {
        return weights.has("rope_factors_long.weight") && contextLength > hyperparameters.ropeScaling().originalContextLength();
    }

    private ForwardPass build(Arena memory, Key key) {
        return new ForwardPass(kernels, memory, key.maxRows, key.longContext, new ForwardPass.Builder() {
            @Override
            public Activations body(Graph graph) {
                graph.use(adapters);
                return architecture.body(hyperparameters, weights, rotations, graph);
            }

            @Override
            public Activations head(Activations input, Graph graph) {
                graph.use(adapters);
                return architecture.head(hyperparameters, weights, input, vocabularySize, graph);
            }
        });
    }
}

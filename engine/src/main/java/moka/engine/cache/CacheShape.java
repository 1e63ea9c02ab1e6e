package moka.engine.cache;

import java.util.List;

/** What a model keeps of each token, layer by layer. */
public record CacheShape(List<Layer> layers) {
    public CacheShape {
        layers = List.copyOf(layers);
    }

    /**
     * One layer.
     *
     * @param kvHeadCount heads of keys and values; 0 for a layer that keeps none
     * @param headLength values of a key head
     * @param valueLength values of a value head
     * @param window positions that a token sees, itself included; 0: all
     * @param stateLength float32 values of a state that each token changes (convolutions, state spaces); 0: none
     */
    public record Layer(int kvHeadCount, int headLength, int valueLength, int window, int stateLength) {
        /** A layer of attention. */
        public Layer(int kvHeadCount, int headLength, int valueLength, int window) {
            this(kvHeadCount, headLength, valueLength, window, 0);
        }

        /** A layer that keeps a state alone. */
        public static Layer ofState(int stateLength) {
            return new Layer(0, 0, 0, 0, stateLength);
        }
    }

    /** Whether a layer has a state: such a sequence cannot go back but to its start and to before the last batch. */
    public boolean recurrent() {
        return layers.stream().anyMatch(it -> it.stateLength() > 0);
    }

    /** The same layers, each with a window. @param window 0: none */
    public static CacheShape windowed(CacheShape shape, int window) {
        return new CacheShape(shape.layers().stream()
                .map(it -> new Layer(it.kvHeadCount(), it.headLength(), it.valueLength(), window, it.stateLength()))
                .toList());
    }

    /** Layers that are all alike. */
    public static CacheShape uniform(int layerCount, int kvHeadCount, int headLength, int valueLength) {
        return new CacheShape(
                java.util.Collections.nCopies(layerCount, new Layer(kvHeadCount, headLength, valueLength, 0)));
    }
}

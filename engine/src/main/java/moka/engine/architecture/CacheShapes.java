package moka.engine.architecture;

import java.util.ArrayList;
import java.util.List;
import moka.engine.cache.CacheShape;

/** What models of attention alone keep, as the metadata tell. */
final class CacheShapes {
    private CacheShapes() {}

    /** Layers of attention. @param windowPeriod see {@link Hyperparameters#windowed} */
    static CacheShape of(Hyperparameters h, int windowPeriod) {
        List<CacheShape.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < h.blockCount(); layer++) {
            int window = h.windowed(layer, windowPeriod) ? h.window() : 0;
            layers.add(new CacheShape.Layer(h.kvHeadCount(layer), h.headLength(), h.valueLength(), window));
        }
        return new CacheShape(layers);
    }

    /** All layers alike, without windows. */
    static CacheShape of(Hyperparameters h) {
        return CacheShape.uniform(h.blockCount(), h.kvHeadCount(), h.headLength(), h.valueLength());
    }
}

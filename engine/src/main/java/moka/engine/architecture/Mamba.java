package moka.engine.architecture;

import java.util.Collections;
import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;

/**
 * Mamba, Falcon-Mamba and Mamba-2: blocks of a selective state space and nothing else.
 *
 * @see <a href="https://arxiv.org/abs/2312.00752">Mamba</a>
 * @see <a href="https://arxiv.org/abs/2405.21060">Mamba-2</a>
 */
public final class Mamba implements Architecture {
    /** Stateless. */
    public Mamba() {}

    @Override
    public List<String> names() {
        return List.of("mamba", "mamba2");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return new CacheShape(Collections.nCopies(h.blockCount(), h.has("ssm.group_count") ? StateMixer.mamba2State(h) : StateMixer.mambaState(h)));
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        boolean second = weights.architecture().equals("mamba2");
        boolean norms = h.flag("ssm.dt_b_c_rms", false);
        return decoder.eachBlock(block -> {
            Input normed = decoder.rmsNorm(block, "attn_norm");
            if (second) {
                StateMixer.addMamba2(decoder, block, normed, 1);
            } else {
                StateMixer.addMamba(decoder, block, normed, norms);
            }
        });
    }
}

package moka.engine.architecture;

import java.util.ArrayList;
import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Nemotron-H and Nemotron 3 Nano: each block is one of Mamba-2, attention without positions, or a feed-forward of squared ReLU, dense or with experts.
 *
 * @see <a href="https://arxiv.org/abs/2504.03624">Nemotron-H</a>
 */
public final class NemotronH implements Architecture {
    /** Stateless. */
    public NemotronH() {}

    @Override
    public List<String> names() {
        return List.of("nemotron_h", "nemotron_h_moe");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        return new CacheShape(layers(h));
    }

    private static List<CacheShape.Layer> layers(Hyperparameters h) {
        List<CacheShape.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < h.blockCount(); layer++) {
            int kvHeads = h.kvHeadCount(layer);
            // Neither heads nor a feed-forward: a state.
            boolean state = kvHeads == 0 && h.countOf(layer, "feed_forward_length", 0) == 0;
            layers.add(state ? StateMixer.mamba2State(h) : new CacheShape.Layer(kvHeads, h.headLength(), h.valueLength(), 0));
        }
        return layers;
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        return decoder.eachBlock(block -> {
            Input normed = decoder.rmsNorm(block, "attn_norm");
            if (block.has("ssm_in.weight")) {
                StateMixer.addMamba2(decoder, block, normed, 1);
            } else if (h.kvHeadCount(block.layer()) > 0) {
                SelfAttention.of(decoder, block).project(normed).attend().addToX();
            } else if (block.has("ffn_gate_inp.weight")) {
                Activations rows = decoder.rows(normed);
                Experts experts = Experts.of(decoder, block, Rule.SIGMOID, Weighting.NORMALIZED).route(rows);
                experts.addToX(experts.squaredRelu());
                FeedForward shared = FeedForward.shared(decoder, block);
                shared.addToX(shared.squaredRelu(new Input.Plain(rows)));
            } else {
                FeedForward feedForward = FeedForward.of(decoder, block);
                feedForward.addToX(feedForward.squaredRelu(normed));
            }
        });
    }
}

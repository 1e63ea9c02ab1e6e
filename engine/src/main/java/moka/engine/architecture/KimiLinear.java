package moka.engine.architecture;

import java.util.ArrayList;
import java.util.List;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.StatePlan;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;

/**
 * Kimi Linear: delta attention whose state decays by key value, with latent attention without positions in some blocks; the first block is dense, then experts
 * with a sigmoid router.
 *
 * @see <a href="https://arxiv.org/abs/2510.26692">Kimi Linear</a>
 */
public final class KimiLinear implements Architecture {
    /** Stateless. */
    public KimiLinear() {}

    @Override
    public List<String> names() {
        return List.of("kimi-linear");
    }

    @Override
    public CacheShape cacheShape(Hyperparameters h) {
        int inner = h.headCount() * h.count("kda.head_dim", 1, 1 << 16);
        int kernel = h.count("ssm.conv_kernel", 1, 64);
        var state = CacheShape.Layer.ofState((kernel - 1) * 3 * inner + inner * h.count("kda.head_dim", 1, 1 << 16));
        CacheShape.Layer latent = LatentAttention.cacheShape(h).layers().getFirst();
        List<CacheShape.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < h.blockCount(); layer++) {
            layers.add(h.kvHeadCount(layer) > 0 ? latent : state);
        }
        return new CacheShape(layers);
    }

    @Override
    public Activations body(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        Decoder decoder = Decoder.embed(h, weights, rotations, graph);
        LatentAttention attention = new LatentAttention(decoder, null, 1);
        return decoder.eachBlock(block -> {
            Input normed = new Input.Plain(decoder.rows(decoder.rmsNorm(block, "attn_norm")));
            if (h.kvHeadCount(block.layer()) > 0) {
                attention.addToX(block, normed, 1);
            } else {
                addDeltaAttention(decoder, block, normed);
            }
            Experts.addFeedForward(decoder, block, decoder.rmsNorm(block, "ffn_norm"), Rule.SIGMOID, Weighting.NORMALIZED);
        });
    }

    private static void addDeltaAttention(Decoder decoder, Block block, Input input) {
        Hyperparameters h = decoder.h();
        Graph graph = decoder.graph();
        int width = decoder.width();
        int heads = h.headCount();
        int length = h.count("kda.head_dim", 1, 1 << 16);
        int inner = heads * length;
        Activations mixed = decoder.buffer("deltaMixed", 3 * inner);
        List<Product> products = new ArrayList<>();
        List<String> names = List.of("q", "k", "v");
        for (String name : names) {
            products.add(block.product("attn_" + name, width, decoder.buffer("delta" + name, inner)));
        }
        graph.project(input, products.toArray(Product[]::new));
        int stateAt = 0;
        for (int i = 0; i < names.size(); i++) {
            Activations rows = products.get(i).output();
            StateMixer.convolve(decoder, block, "ssm_conv1d_" + names.get(i), rows, mixed.columns(i * inner, inner), true, stateAt);
            stateAt += (h.count("ssm.conv_kernel", 1, 64) - 1) * inner;
        }
        HeadSteps.length(graph, mixed, 0, heads, length, (float) (1 / Math.sqrt(length)), h.rmsEpsilon());
        HeadSteps.length(graph, mixed, inner, heads, length, 1, h.rmsEpsilon());
        Activations decay = lowRank(decoder, block, input, "ssm_f", inner);
        Activations gate = lowRank(decoder, block, input, "ssm_g", inner);
        Activations beta = decoder.buffer("beta", heads);
        graph.project(input, block.product("ssm_beta", width, beta));
        float[] rate = block.floats("ssm_a", heads);
        float[] rates = new float[inner];
        for (int i = 0; i < inner; i++) {
            rates[i] = rate[i / length];
        }
        Activations kept = StateMixer.discretize(decoder, decay, block.floats("ssm_dt.bias", inner), rates);
        decoder.steps().gate(GateFunction.SIGMOID, beta, decoder.ones(heads), beta);
        Activations y = decoder.buffer("stateOutput", inner);
        StateMixer.change(graph, new StatePlan.Delta(mixed, kept, beta, y, heads, length, false, block.layer(), stateAt));
        HeadSteps.rmsNorm(graph, y, length, block.floats("ssm_norm.weight", length), h.rmsEpsilon());
        graph.projectAdd(new Input.Gated(gate, y, GateFunction.SIGMOID), block.product("attn_output", inner, decoder.x()));
    }

    /** {@code b · (a · x)}. */
    private static Activations lowRank(Decoder decoder, Block block, Input input, String name, int columns) {
        Activations low = decoder.buffer(name + "_a", block.rowCount(name + "_a.weight"));
        Activations rows = decoder.buffer(name + "_b", columns);
        decoder.graph().project(input, block.product(name + "_a", decoder.width(), low));
        decoder.graph().project(new Input.Plain(low), block.product(name + "_b", low.columns(), rows));
        return rows;
    }
}

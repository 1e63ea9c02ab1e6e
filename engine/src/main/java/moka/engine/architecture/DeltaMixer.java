package moka.engine.architecture;

import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.StatePlan;

/**
 * The gated delta net of Qwen3-Next and Qwen 3.5.
 *
 * @see <a href="https://arxiv.org/abs/2412.06464">Gated Delta Networks</a>
 */
final class DeltaMixer {
    /** Added to the squares of queries and keys. */
    private static final float EPSILON = 1e-6f;

    private final Decoder decoder;
    private final boolean tiled;
    private final int keyHeads;
    private final int keyLength;
    private final int heads;
    private final int inner; // heads * valueLength
    private final int channels; // q, k, v
    private final int kernel;

    /** @param tiled see {@link StatePlan.Delta#tiled} */
    DeltaMixer(Decoder decoder, boolean tiled) {
        Hyperparameters h = decoder.h();
        this.decoder = decoder;
        this.tiled = tiled;
        keyHeads = h.count("ssm.group_count", 1, 1 << 16);
        keyLength = h.count("ssm.state_size", 1, 1 << 16);
        heads = h.count("ssm.time_step_rank", 1, 1 << 16);
        inner = h.count("ssm.inner_size", 1, 1 << 24);
        channels = 2 * keyHeads * keyLength + inner;
        kernel = h.count("ssm.conv_kernel", 1, 64);
    }

    static CacheShape.Layer state(Hyperparameters h) {
        int keyLength = h.count("ssm.state_size", 1, 1 << 16);
        int inner = h.count("ssm.inner_size", 1, 1 << 24);
        int channels = 2 * h.count("ssm.group_count", 1, 1 << 16) * keyLength + inner;
        return CacheShape.Layer.ofState((h.count("ssm.conv_kernel", 1, 64) - 1) * channels + inner * keyLength);
    }

    void addToX(Block block, Input input) {
        Graph graph = decoder.graph();
        int width = decoder.width();
        Activations x = decoder.buffer("stateInput", channels);
        Activations z = decoder.buffer("stateGate", inner);
        Activations step = decoder.buffer("step", heads);
        Activations beta = decoder.buffer("beta", heads);
        Activations rows = decoder.rows(input);
        Input normed = new Input.Plain(rows);
        graph.project(normed, block.product("attn_qkv", width, x), block.product("attn_gate", width, z));
        stepAndBeta(block, normed, step, beta);
        Activations mixed = StateMixer.convolve(decoder, block, "ssm_conv1d", x, true, 0);
        Activations y = decoder.buffer("stateOutput", inner);
        HeadSteps.length(graph, mixed, 0, keyHeads, keyLength, (float) (1 / Math.sqrt(keyLength)), EPSILON);
        HeadSteps.length(graph, mixed, keyHeads * keyLength, keyHeads, keyLength, 1, EPSILON);
        Activations kept = StateMixer.discretize(decoder, step, block.floats("ssm_dt.bias", heads), block.floats("ssm_a", heads));
        StateMixer.change(
                graph, new StatePlan.Delta(mixed, kept, beta, y, keyHeads, keyLength, tiled, block.layer(), (kernel - 1) * channels));
        HeadSteps.rmsNorm(graph, y, inner / heads, block.floats("ssm_norm.weight", inner / heads), decoder.h().rmsEpsilon());
        graph.projectAdd(new Input.Gated(z, y, GateFunction.SILU), block.product("ssm_out", inner, decoder.x()));
    }

    /** The step before its softplus, and {@code beta = sigmoid(beta)}; both may lie in {@code ssm_ba}, ordered by key head. */
    private void stepAndBeta(Block block, Input input, Activations step, Activations beta) {
        Graph graph = decoder.graph();
        if (block.has("ssm_ba.weight")) {
            int each = heads / keyHeads;
            Activations both = decoder.buffer("betaAlpha", 2 * heads);
            graph.project(input, block.product("ssm_ba", decoder.width(), both));
            graph.eachRow((batch, row, worker) -> {
                for (int head = 0; head < heads; head++) {
                    int at = head / each * 2 * each + head % each;
                    beta.set(row, head, both.get(row, at));
                    step.set(row, head, both.get(row, at + each));
                }
            });
        } else {
            graph.project(
                    input, block.product("ssm_alpha", decoder.width(), step), block.product("ssm_beta", decoder.width(), beta));
        }
        decoder.steps().gate(GateFunction.SIGMOID, beta, decoder.ones(heads), beta);
    }
}

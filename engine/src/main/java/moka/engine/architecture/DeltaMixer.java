package moka.engine.architecture;

import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Curves;
import moka.engine.ops.DeltaRule;
import moka.engine.ops.Norms;
import moka.engine.ops.RowCurves;

/**
 * The gated delta net of Qwen3-Next and Qwen 3.5.
 *
 * @see <a href="https://arxiv.org/abs/2412.06464">Gated Delta Networks</a>
 */
final class DeltaMixer {
    private final Decoder decoder;
    private final boolean tiled;
    private final int keyHeads;
    private final int keyLength;
    private final int heads;
    private final int inner; // heads * valueLength
    private final int channels; // q, k, v
    private final int kernel;

    /** @param tiled see {@link DeltaRule#tiled} */
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
        var rule = new DeltaRule(
                mixed,
                step,
                beta,
                y,
                keyHeads,
                keyLength,
                tiled,
                1e-6f,
                block.layer(),
                (kernel - 1) * channels,
                graph.scratch());
        StateMixer.scan(graph, heads, rule::run);
        gate(decoder, y, z, block.floats("ssm_norm.weight", inner / heads), RowCurves::silu);
        graph.projectAdd(new Input.Plain(y), block.product("ssm_out", inner, decoder.x()));
    }

    /** {@code step = A softplus(alpha + bias)}, {@code beta = sigmoid(beta)}; both may lie in {@code ssm_ba}, ordered by key head. */
    private void stepAndBeta(Block block, Input input, Activations step, Activations beta) {
        Graph graph = decoder.graph();
        float[] bias = block.floats("ssm_dt.bias", heads);
        float[] decay = block.floats("ssm_a", heads);
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
        graph.eachRow((batch, row, worker) -> {
            for (int head = 0; head < heads; head++) {
                step.set(row, head, decay[head] * Curves.softplus(step.get(row, head) + bias[head]));
                beta.set(row, head, Curves.sigmoid(beta.get(row, head)));
            }
        });
    }

    /** {@code y = norm(y) * function(z)}, each head by itself. @param weight of a head */
    static void gate(Decoder decoder, Activations y, Activations z, float[] weight, Function function) {
        int columns = y.columns();
        float epsilon = decoder.h().rmsEpsilon();
        Graph graph = decoder.graph();
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, columns);
            float[] gate = graph.scratch().floats(worker, 1, columns);
            y.read(row, 0, values, 0, columns);
            z.read(row, 0, gate, 0, columns);
            for (int at = 0; at < columns; at += weight.length) {
                Norms.rms(values, at, weight.length, weight, 0, epsilon);
            }
            function.apply(gate, columns);
            RowCurves.multiply(values, gate, columns);
            y.write(row, 0, values, 0, columns);
        });
    }

    /** A function of each value of a row, in place. */
    @FunctionalInterface
    interface Function {
        void apply(float[] x, int count);
    }
}

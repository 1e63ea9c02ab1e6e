package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import moka.engine.kernel.Activations;
import moka.engine.kernel.ExpertProjection;
import moka.engine.kernel.ExpertProjection.Product;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Dispatch;
import moka.engine.ops.Router;
import moka.engine.ops.Router.Rule;
import moka.engine.ops.Router.Weighting;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * The experts of one block. Rows are grouped by expert, so that only the matrices of chosen experts are read, each once for all its rows.
 *
 * @see <a href="https://arxiv.org/abs/2401.04088">Mixtral of Experts</a>
 */
final class Experts {
    private final Decoder decoder;
    private final Block block;
    private final Graph graph;
    private final int count;
    private final int used;
    private final int hidden;
    private final Activations rows; // [slot][width]
    private final Dispatch dispatch;
    private boolean weightedInput;
    private @Nullable Activations tokens; // the rows that experts read, where they need no weights

    /**
     * Experts with a router of the metadata: {@code expert_gating_func}, {@code expert_weights_norm}, {@code expert_weights_scale}, groups and bias.
     *
     * @param rule where the file has none; {@code weighting} likewise
     */
    static Experts of(Decoder decoder, Block block, Rule rule, Weighting weighting) {
        Hyperparameters h = decoder.h();
        Rule told = switch ((int) h.integer("expert_gating_func").orElse(0)) {
            case 1 -> Rule.SOFTMAX;
            case 2 -> Rule.SIGMOID;
            case 3 -> Rule.SOFTMAX_OF_CHOSEN;
            default -> rule;
        };
        Weighting toldWeighting = h.flag("expert_weights_norm", weighting == Weighting.NORMALIZED) ? Weighting.NORMALIZED : Weighting.AS_SCORED;
        return new Experts(decoder, block, told, toldWeighting, scale(h));
    }

    private static float scale(Hyperparameters h) {
        float scale = h.factor("expert_weights_scale", 1);
        // Some converters write 0 where there is no factor.
        return scale == 0 ? 1 : scale;
    }

    private Experts(Decoder decoder, Block block, Rule rule, Weighting weighting, float scale) {
        this.decoder = decoder;
        this.block = block;
        graph = decoder.graph();
        Hyperparameters h = decoder.h();
        count = h.expertCount();
        used = h.expertUsedCount();
        hidden = block.columnCount("ffn_down_exps.weight");
        int slots = graph.maxRows() * used;
        rows = decoder.sized("expertRows", slots, decoder.width());
        String bias = block.has("exp_probs_b.bias") ? "exp_probs_b.bias" : "exp_probs_b";
        var router = new Router(
                rule,
                used,
                block.has(bias) ? block.floats(bias, count) : new float[0],
                weighting,
                scale,
                h.count("expert_group_count", 0, Math.max(1, h.expertCount()), 1),
                h.count("expert_group_used_count", 0, Math.max(1, h.expertCount()), 1));
        dispatch = new Dispatch(router, count, graph.maxRows(), graph.scratch());
    }

    /**
     * A block's feed-forward as most families have it: dense in the blocks that have no router, else experts, and one that all tokens share, where
     * there is one, which may have a gate of its own. Added to the residual stream.
     */
    static void addFeedForward(Decoder decoder, Block block, Input input, Rule rule, Weighting weighting) {
        if (!block.has("ffn_gate_inp.weight")) {
            FeedForward dense = FeedForward.of(decoder, block);
            dense.addToX(dense.gated(input, GateFunction.SILU));
            return;
        }
        Input normed = new Input.Plain(decoder.rows(input));
        Experts experts = of(decoder, block, rule, weighting).route(decoder.rows(normed));
        experts.addToX(experts.gated(GateFunction.SILU));
        if (block.has("ffn_down_shexp.weight")) {
            FeedForward shared = FeedForward.shared(decoder, block);
            if (block.has("ffn_gate_inp_shexp.weight")) {
                Activations gate = decoder.buffer("sharedGate", 1);
                decoder.graph().project(normed, block.product("ffn_gate_inp_shexp", decoder.width(), gate));
                decoder.addGated(shared.output(shared.gated(normed, GateFunction.SILU)), gate);
            } else {
                shared.addToX(shared.gated(normed, GateFunction.SILU));
            }
        }
    }

    /** Weights are applied to the rows that experts read instead of to their results. */
    Experts weightedInput() {
        weightedInput = true;
        return this;
    }

    /** Chooses experts by {@code ffn_gate_inp} and groups the rows. */
    Experts route(Activations input) {
        return route(input, input);
    }

    /** @param judged rows that the router reads @param input rows that the experts read */
    Experts route(Activations judged, Activations input) {
        Activations scores = decoder.buffer("routerScores", count);
        graph.project(new Input.Plain(judged), block.product("ffn_gate_inp", decoder.width(), scores));
        graph.eachRow((batch, row, worker) -> dispatch.choose(scores, row, worker));
        WorkerTeam.Region gathering = dispatch.gathering(input, rows);
        graph.step((kernels, batch) -> {
            dispatch.order(batch.rowCount());
            if (weightedInput) {
                kernels.spread(dispatch.groups().rowCount(), gathering);
            }
        });
        tokens = weightedInput ? null : input;
        return this;
    }

    /** The first half of each expert's feed-forward; gate and up may lie in one tensor {@code ffn_gate_up_exps}, the gate first. */
    Input gated(GateFunction function) {
        Activations gate = hidden("expertGate");
        Activations up = hidden("expertUp");
        int width = decoder.width();
        String fused = block.prefix() + "ffn_gate_up_exps.weight";
        if (decoder.weights().has(fused)) {
            projectRows(
                    product(decoder.weights().experts(fused, count, 0, hidden, 2 * hidden, width), gate, "ffn_gate_up_exps"),
                    product(decoder.weights().experts(fused, count, hidden, hidden, 2 * hidden, width), up, "ffn_gate_up_exps"));
        } else {
            projectRows(product("ffn_gate_exps", hidden, width, gate), product("ffn_up_exps", hidden, width, up));
        }
        return new Input.Gated(gate, up, function);
    }

    /** {@code max(0, up · x)²}. */
    Input squaredRelu() {
        Activations up = hidden("expertUp");
        projectRows(product("ffn_up_exps", hidden, decoder.width(), up));
        return new Input.Gated(up, up, GateFunction.RELU);
    }

    /** As {@link #gated} with SiLU, gate and up rows being changed before. */
    Input gated(PairFunction function) {
        Input.Gated pair = (Input.Gated) gated(GateFunction.SILU);
        WorkerTeam.Region region = (slot, worker) -> {
            float[] gate = graph.scratch().floats(worker, 0, hidden);
            float[] up = graph.scratch().floats(worker, 1, hidden);
            pair.gate().read(slot, 0, gate, 0, hidden);
            pair.up().read(slot, 0, up, 0, hidden);
            function.apply(gate, up, hidden);
            pair.gate().write(slot, 0, gate, 0, hidden);
            pair.up().write(slot, 0, up, 0, hidden);
        };
        graph.step((kernels, batch) -> kernels.spread(dispatch.groups().rowCount(), region));
        return pair;
    }

    /** Changes gate and up values in place. */
    @FunctionalInterface
    interface PairFunction {
        void apply(float[] gate, float[] up, int count);
    }

    void addToX(Input second) {
        addTo(second, decoder.x(), 1);
    }

    /** The second half, {@code ffn_down_exps}; results are weighted, summed and added to {@code target}. */
    void addTo(Input second, Activations target, float factor) {
        // The rows of the first half have been read: their place takes the results.
        project(second, product("ffn_down_exps", decoder.width(), hidden, rows));
        boolean weighted = !weightedInput;
        Optional<LocalKernels> kernels = graph.local();
        graph.eachRow((batch, row, worker) -> dispatch.collect(rows, target, row, worker, weighted, factor, kernels));
    }

    private Activations hidden(String name) {
        return decoder.sized(name, rows.rows(), hidden);
    }

    /** Products of the rows that experts read. */
    private void projectRows(Product... products) {
        var projection = tokens == null
                ? new ExpertProjection(new Input.Plain(rows), List.of(products))
                : new ExpertProjection(new Input.Plain(tokens), List.of(products), rows);
        graph.projectExperts(projection, dispatch.groups());
    }

    private void project(Input input, Product... products) {
        var projection = new ExpertProjection(input, List.of(products));
        graph.projectExperts(projection, dispatch.groups());
    }

    private Product product(String name, int outputs, int inputs, Activations output) {
        return product(decoder.weights().experts(block.prefix() + name + ".weight", count, outputs, inputs), output, name);
    }

    private Product product(List<Matrix> matrices, Activations output, String name) {
        List<MemorySegment> biases = new ArrayList<>();
        @Nullable String bias = block.has(name + ".bias") ? name + ".bias" : null;
        if (bias != null) {
            MemorySegment all = decoder.weights().matrixValues(block.prefix() + bias, count * output.columns());
            for (int expert = 0; expert < count; expert++) {
                biases.add(all.asSlice(4L * expert * output.columns(), 4L * output.columns()));
            }
        }
        float[] scales = block.has(name + ".scale") ? block.floats(name + ".scale", count) : new float[0];
        return new Product(matrices, output, biases, scales);
    }
}

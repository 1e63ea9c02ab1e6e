package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import moka.engine.cache.CacheShape;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.StatePlan;
import moka.engine.ops.CausalConvolution;
import moka.engine.ops.DeltaRule;
import moka.engine.ops.SelectiveScan;
import moka.engine.ops.StateSpaceHeads;
import moka.engine.ops.StepSizes;
import moka.engine.runtime.WorkerTeam;

/** What mixes tokens by a state instead of by attention: short convolutions and the state spaces of Mamba. */
final class StateMixer {
    private StateMixer() {}

    /** Adds the steps of a convolution over time. @param name of the tensors, without {@code .weight} */
    static Activations convolve(Decoder decoder, Block block, String name, Activations input, boolean silu, int stateAt) {
        Activations output = decoder.buffer(name, input.columns());
        convolve(decoder, block, name, input, output, silu, stateAt);
        return output;
    }

    static void convolve(Decoder decoder, Block block, String name, Activations input, Activations output, boolean silu, int stateAt) {
        Graph graph = decoder.graph();
        int channels = input.columns();
        int length = block.columnCount(name + ".weight");
        var convolution = new CausalConvolution(
                input,
                output,
                block.floats(name + ".weight", channels * length),
                block.has(name + ".bias") ? block.floats(name + ".bias", channels) : new float[0],
                silu,
                block.layer(),
                stateAt,
                graph.scratch(),
                graph.local(),
                graph.arena());
        graph.eachRow((batch, row, worker) -> {
            Span span = batch.span(row);
            convolution.run(span, row - span.firstRow(), worker);
        });
        graph.step((kernels, batch) -> {
            for (Span span : batch.spans()) {
                convolution.keep(span);
            }
        });
    }

    /** Steps to step sizes and to what is kept of a state: {@code step = softplus(step + bias)}, {@code e^(step * rate)}. @return what is kept */
    static Activations discretize(Decoder decoder, Activations step, float[] bias, float[] rate) {
        Graph graph = decoder.graph();
        Activations kept = decoder.buffer("kept", step.columns());
        Optional<LocalKernels> kernels = graph.local();
        if (kernels.isPresent()) {
            MemorySegment biases = graph.constant(bias);
            MemorySegment rates = graph.constant(rate);
            graph.eachRow((batch, row, worker) -> kernels.get().discretize(step, biases, rates, kept, row));
        } else {
            var sizes = new StepSizes(step, bias, rate, kept, graph.scratch());
            graph.eachRow((batch, row, worker) -> sizes.run(row, worker));
        }
        return kept;
    }

    /** {@code step = softplus(step)}. */
    private static void stepSizes(Decoder decoder, Activations step) {
        Graph graph = decoder.graph();
        float[] none = new float[step.columns()];
        Optional<LocalKernels> kernels = graph.local();
        if (kernels.isPresent()) {
            MemorySegment biases = graph.constant(none);
            graph.eachRow((batch, row, worker) -> kernels.get().softplus(step, biases, row));
        } else {
            discretize(decoder, step, none, none);
        }
    }

    /** A step that changes a state, by the kernels where they serve it. */
    static void change(Graph graph, StatePlan plan) {
        Optional<LocalKernels> kernels = graph.local().filter(it -> it.serves(plan));
        if (kernels.isPresent()) {
            scan(graph, plan.panels(), (span, panel, worker) -> kernels.get().change(plan, span, panel, worker));
            return;
        }
        switch (plan) {
            case StatePlan.Heads heads -> scan(graph, heads.heads(), new StateSpaceHeads(heads, graph.scratch())::run);
            case StatePlan.Delta delta -> scan(graph, delta.heads(), new DeltaRule(delta, graph.scratch())::run);
            case StatePlan.Channels channels -> {
                var scan = new SelectiveScan(channels, graph.scratch());
                scan(graph, scan.chunks(), scan::run);
            }
        }
    }

    /** A step on chunks of the state that go through the rows of a sequence in order. */
    private static void scan(Graph graph, int chunks, Scan scan) {
        graph.step((kernels, batch) -> {
            // All chunks of all sequences in one region.
            Span[] spans = batch.spans();
            WorkerTeam.Region region = (chunk, worker) -> scan.run(spans[chunk / chunks], chunk % chunks, worker);
            kernels.spread(chunks * spans.length, region);
        });
    }

    /** All rows of a span for a chunk of the state. */
    @FunctionalInterface
    private interface Scan {
        void run(Span span, int chunk, int worker);
    }

    // ---- LFM2's gated short convolution

    static CacheShape.Layer shortConvolutionState(Hyperparameters h) {
        return CacheShape.Layer.ofState((h.count("shortconv.l_cache", 1, 64) - 1) * h.embeddingLength());
    }

    /** {@code x += out · (c * conv(b * v))} with {@code b, c, v = in · input}. */
    static void addShortConvolution(Decoder decoder, Block block, Input input) {
        Graph graph = decoder.graph();
        int width = decoder.width();
        Activations b = decoder.buffer("convolutionIn", width);
        Activations c = decoder.buffer("convolutionOut", width);
        Activations values = decoder.buffer("convolutionValues", width);
        graph.project(
                input,
                block.product("shortconv.in_proj", 0, 3 * width, width, b),
                block.product("shortconv.in_proj", width, 3 * width, width, c),
                block.product("shortconv.in_proj", 2 * width, 3 * width, width, values));
        decoder.steps().gate(GateFunction.NONE, b, values, values);
        Activations mixed = convolve(decoder, block, "shortconv.conv", values, false, 0);
        graph.projectAdd(new Input.Gated(c, mixed, GateFunction.NONE), block.product("shortconv.out_proj", width, decoder.x()));
    }

    // ---- Mamba

    static CacheShape.Layer mambaState(Hyperparameters h) {
        int inner = h.count("ssm.inner_size", 1, 1 << 24);
        return CacheShape.Layer.ofState((h.count("ssm.conv_kernel", 1, 64) - 1) * inner + inner * h.count("ssm.state_size", 1, 1 << 16));
    }

    /** Mamba's mixer, added to the residual stream. @param norms whether dt, B and C have RMS norms: with the weights that the file has, or none */
    static void addMamba(Decoder decoder, Block block, Input input, boolean norms) {
        Graph graph = decoder.graph();
        Hyperparameters h = decoder.h();
        int width = decoder.width();
        int inner = h.count("ssm.inner_size", 1, 1 << 24);
        int size = h.count("ssm.state_size", 1, 1 << 16);
        int rank = h.count("ssm.time_step_rank", 1, 1 << 16);
        Activations x = decoder.buffer("stateInput", inner);
        Activations z = decoder.buffer("stateGate", inner);
        graph.project(input, block.product("ssm_in", 0, 2 * inner, width, x), block.product("ssm_in", inner, 2 * inner, width, z));
        Activations mixed = convolve(decoder, block, "ssm_conv1d", x, true, 0);
        Activations low = decoder.buffer("lowStep", rank);
        Activations b = decoder.buffer("stateB", size);
        Activations c = decoder.buffer("stateC", size);
        int all = rank + 2 * size;
        graph.project(
                new Input.Plain(mixed),
                block.product("ssm_x", 0, all, inner, low),
                block.product("ssm_x", rank, all, inner, b),
                block.product("ssm_x", rank + size, all, inner, c));
        if (norms) {
            norm(decoder, block, "ssm_dt_norm.weight", low);
            norm(decoder, block, "ssm_b_norm.weight", b);
            norm(decoder, block, "ssm_c_norm.weight", c);
        }
        Activations step = decoder.buffer("step", inner);
        graph.project(new Input.Plain(low), block.product("ssm_dt", rank, step));
        int stateAt = (h.count("ssm.conv_kernel", 1, 64) - 1) * inner;
        stepSizes(decoder, step);
        change(
                graph,
                new StatePlan.Channels(
                        mixed,
                        step,
                        b,
                        c,
                        graph.constant(panels(block.floats("ssm_a", inner * size), size)),
                        graph.constant(block.floats("ssm_d", inner)),
                        block.layer(),
                        stateAt));
        graph.projectAdd(
                new Input.Gated(z, mixed, GateFunction.SILU), block.product("ssm_out", inner, decoder.x()));
    }

    private static void norm(Decoder decoder, Block block, String name, Activations rows) {
        float[] weight = block.has(name) ? block.floats(name, rows.columns()) : new float[0];
        HeadSteps.rmsNorm(decoder.graph(), rows, rows.columns(), weight, decoder.h().rmsEpsilon());
    }

    /** {@code [channels][size]} as {@link StatePlan} has a state: in panels. */
    private static float[] panels(float[] values, int size) {
        int channels = values.length / size;
        int width = StatePlan.panelWidth(channels);
        float[] result = new float[values.length];
        for (int channel = 0; channel < channels; channel++) {
            for (int n = 0; n < size; n++) {
                result[(channel / width * size + n) * width + channel % width] = values[channel * size + n];
            }
        }
        return result;
    }

    // ---- Mamba-2

    static CacheShape.Layer mamba2State(Hyperparameters h) {
        int inner = h.count("ssm.inner_size", 1, 1 << 24);
        int size = h.count("ssm.state_size", 1, 1 << 16);
        int channels = inner + 2 * h.count("ssm.group_count", 1, 1 << 16) * size;
        return CacheShape.Layer.ofState((h.count("ssm.conv_kernel", 1, 64) - 1) * channels + inner * size);
    }

    /** Mamba-2's mixer times a factor, added to the residual stream. */
    static void addMamba2(Decoder decoder, Block block, Input input, float factor) {
        Graph graph = decoder.graph();
        Hyperparameters h = decoder.h();
        int width = decoder.width();
        int inner = h.count("ssm.inner_size", 1, 1 << 24);
        int size = h.count("ssm.state_size", 1, 1 << 16);
        int groups = h.count("ssm.group_count", 1, 1 << 16);
        int heads = h.count("ssm.time_step_rank", 1, 1 << 16);
        int channels = inner + 2 * groups * size;
        int all = inner + channels + heads;
        Activations z = decoder.buffer("stateGate", inner);
        Activations x = decoder.buffer("stateInput", channels);
        Activations step = decoder.buffer("step", heads);
        graph.project(
                input,
                block.product("ssm_in", 0, all, width, z),
                block.product("ssm_in", inner, all, width, x),
                block.product("ssm_in", inner + channels, all, width, step));
        Activations mixed = convolve(decoder, block, "ssm_conv1d", x, true, 0);
        Activations y = decoder.buffer("stateOutput", inner);
        Activations kept = discretize(decoder, step, block.floats("ssm_dt.bias", heads), block.floats("ssm_a", heads));
        int stateAt = (h.count("ssm.conv_kernel", 1, 64) - 1) * channels;
        MemorySegment skip = graph.constant(block.floats("ssm_d", heads));
        change(graph, new StatePlan.Heads(mixed, step, kept, y, groups, size, skip, block.layer(), stateAt));
        if (block.has("ssm_norm.weight")) {
            decoder.steps().gate(GateFunction.SILU, z, y, y);
            HeadSteps.rmsNormGroups(graph, y, groups, block.floats("ssm_norm.weight", inner), h.rmsEpsilon());
            graph.projectAdd(new Input.Plain(y), block.product("ssm_out", inner, decoder.x(), factor));
        } else {
            graph.projectAdd(new Input.Gated(z, y, GateFunction.SILU), block.product("ssm_out", inner, decoder.x(), factor));
        }
    }

    /** Layers of attention where there are heads of keys and values, else of a state. */
    static CacheShape hybrid(Hyperparameters h, CacheShape.Layer state) {
        List<CacheShape.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < h.blockCount(); layer++) {
            int kvHeads = h.kvHeadCount(layer);
            layers.add(kvHeads == 0 ? state : new CacheShape.Layer(kvHeads, h.headLength(), h.valueLength(), 0));
        }
        return new CacheShape(layers);
    }
}

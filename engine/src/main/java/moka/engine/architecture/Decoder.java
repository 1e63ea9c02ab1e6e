package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.Projection.Input;
import moka.engine.ops.Rope;
import moka.engine.ops.RopeScaling;

/**
 * What the bodies of all families are written with: the residual stream {@code x} and the steps on it. A family's body is a call of
 * {@link #embed}, then {@link #eachBlock} with {@link SelfAttention}, {@link FeedForward} and the like in the order of its paper.
 */
final class Decoder {
    private final Hyperparameters h;
    private final Weights weights;
    private final Rotations rotations;
    private final Graph graph;
    private final int width;
    private final Activations x;
    private final RowSteps steps;
    private final Map<String, Activations> buffers = new HashMap<>();

    /** Begins with the embedding of the tokens times {@code factor}. */
    static Decoder embed(Hyperparameters h, Weights weights, Rotations rotations, Graph graph, float factor) {
        return new Decoder(h, weights, rotations, graph, graph.embed(embedding(h, weights), factor));
    }

    static Decoder embed(Hyperparameters h, Weights weights, Rotations rotations, Graph graph) {
        return embed(h, weights, rotations, graph, 1);
    }

    private Decoder(Hyperparameters h, Weights weights, Rotations rotations, Graph graph, Activations x) {
        this.h = h;
        this.weights = weights;
        this.rotations = rotations;
        this.graph = graph;
        this.width = h.embeddingLength();
        this.x = x;
        steps = new RowSteps(graph);
    }

    /** The embedding matrix: {@code [vocabulary][width]}. */
    static Matrix embedding(Hyperparameters h, Weights weights) {
        return weights.matrix(
                "token_embd.weight", h.metadata().requireArray("tokenizer.ggml.tokens").size(), h.embeddingLength());
    }

    Hyperparameters h() {
        return h;
    }

    Weights weights() {
        return weights;
    }

    Graph graph() {
        return graph;
    }

    int width() {
        return width;
    }

    /** The residual stream. */
    Activations x() {
        return x;
    }

    /** Rows that steps share: the same for the same name and length. What they hold lasts until the name is used again. */
    Activations buffer(String name, int columns) {
        return buffers.computeIfAbsent(name + ":" + columns, it -> graph.rows(columns));
    }

    /** Shared rows in a number of their own. */
    Activations sized(String name, int count, int columns) {
        return buffers.computeIfAbsent(name + ":" + count + "x" + columns, it -> graph.rows(count, columns));
    }

    /** Ones: the same row for every token. */
    Activations ones(int columns) {
        return buffers.computeIfAbsent("ones:" + columns, it -> {
            Activations row = graph.rows(1, columns);
            for (int i = 0; i < columns; i++) {
                row.set(0, i, 1);
            }
            return new Activations(row.segment(), graph.maxRows(), columns, 0);
        });
    }

    /** Adds the steps of all blocks. @return the residual stream */
    Activations eachBlock(Consumer<Block> steps) {
        for (int layer = 0; layer < h.blockCount(); layer++) {
            steps.accept(new Block(weights, layer));
            steer(graph.direction(layer));
        }
        return x;
    }

    private void steer(float[] direction) {
        if (direction.length > 0) {
            steps.change(x, it -> {
                for (int i = 0; i < direction.length; i++) {
                    it[i] += direction[i];
                }
            });
        }
    }

    // ---- norms

    /** RMS norm of the residual stream, to be fused with the product that reads it. */
    Input rmsNorm(Block block, String name) {
        return rmsNorm(block, name, x);
    }

    Input rmsNorm(Block block, String name, Activations rows) {
        return new Input.RmsNormed(rows, block.vector(name + ".weight", rows.columns()), h.rmsEpsilon());
    }

    /** Layer norm of the residual stream; weight and bias as far as the file has them. */
    Input layerNorm(Block block, String name) {
        Activations normed = buffer(name, width);
        layerNorm(block.prefix() + name, x, normed);
        return new Input.Plain(normed);
    }

    /** Layer norm of rows; in place where both are the same. @param name of the tensors, without {@code .weight} */
    void layerNorm(String name, Activations rows, Activations target) {
        layerNorm(weights, graph, name, rows, target, h.layerNormEpsilon());
    }

    static void layerNorm(Weights weights, Graph graph, String name, Activations rows, Activations target, float epsilon) {
        int columns = rows.columns();
        float[] weight = weights.optionalFloats(name + ".weight", columns);
        float[] bias = weights.optionalFloats(name + ".bias", columns);
        HeadSteps.layerNorm(graph, rows, columns, weight, bias, epsilon, target);
    }

    /** The rows of an input, computed now where it is a norm: for those who cannot fuse it. */
    Activations rows(Input input) {
        return switch (input) {
            case Input.Plain(Activations rows) -> rows;
            case Input.RmsNormed(Activations rows, MemorySegment weight, float epsilon) -> {
                Activations normed = buffer("normed", rows.columns());
                graph.rmsNorm(rows, weight, epsilon, normed);
                yield normed;
            }
            case Input.Gated gated -> throw new IllegalArgumentException("a gated input has no rows");
        };
    }

    /** {@code x += rmsNorm(rows)}: a norm after attention or feed-forward. The rows are overwritten. */
    void addRmsNormed(Block block, String name, Activations rows) {
        graph.rmsNorm(rows, block.vector(name + ".weight", width), h.rmsEpsilon(), rows);
        add(rows, 1);
    }

    /** {@code x += factor * rows}. */
    void add(Activations rows, float factor) {
        steps.add(x, rows, factor);
    }

    /** {@code x += sigmoid(gate) * rows}. @param gate one value a row */
    void addGated(Activations rows, Activations gate) {
        steps.addGated(x, rows, gate);
    }

    /** Steps that change rows value by value. */
    RowSteps steps() {
        return steps;
    }

    /** Rows side by side. */
    Activations concatenate(String name, Activations... parts) {
        int all = Arrays.stream(parts).mapToInt(Activations::columns).sum();
        Activations target = buffer(name, all);
        steps.concatenate(target, parts);
        return target;
    }

    /** A gated feed-forward behind an RMS norm, added to the residual stream. */
    void gatedFeedForward(Block block, String norm, GateFunction function) {
        FeedForward feedForward = FeedForward.of(this, block);
        feedForward.addToX(feedForward.gated(rmsNorm(block, norm), function));
    }

    // ---- rotations

    /** The rotary table of the file's hyperparameters. @param halves whether pairs are half a head apart */
    Rope rope(boolean halves) {
        return rope("", halves, h.rotatedLength(), h.ropeBase(), h.ropeScaling());
    }

    /** @param name tells tables of a model apart */
    Rope rope(String name, boolean halves, int rotated, double base, RopeScaling scaling) {
        String factors = weights.has("rope_freqs.weight") ? "rope_freqs.weight"
                : graph.longContext() ? "rope_factors_long.weight" : "rope_factors_short.weight";
        return rotations.table(name + graph.longContext() + rotated, () -> {
            double[] frequencies = scaling.frequencies(rotated, base, weights.optionalFirstFloats(factors, rotated / 2));
            return new Rope(rotated, halves, frequencies, scaling.magnitude());
        });
    }

    /** The table of latent attention: its length factor is in the scale of the scores. */
    Rope latentRope() {
        int rotated = h.count("rope.dimension_count", 2, 1 << 16);
        return rotations.table(
                "latent", () -> new Rope(rotated, false, h.ropeScaling().frequencies(rotated, h.ropeBase(), new float[0]), 1));
    }

    /** A rotary table without factors of the file or scaling. */
    Rope plainRope(String name, boolean halves, int rotated, double base) {
        return rotations.table(
                name + rotated, () -> new Rope(rotated, halves, RopeScaling.NONE.frequencies(rotated, base, new float[0]), 1));
    }

    /** {@code x += position_embd[position]}. */
    void addLearnedPositions() {
        int positions = weights.rowCount("position_embd.weight");
        float[] table = weights.floats("position_embd.weight", positions * width);
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, width);
            x.read(row, 0, values, 0, width);
            int at = Math.min(batch.position(row), positions - 1) * width;
            for (int i = 0; i < width; i++) {
                values[i] += table[at + i];
            }
            x.write(row, 0, values, 0, width);
        });
    }

    /**
     * ALiBi's slope of each head: powers of {@code 2^(-largest / n)} for the first {@code n}, the power of two below the number of heads; for the
     * others the odd powers of that base's root.
     */
    MemorySegment slopes(float largest) {
        int heads = h.headCount();
        int even = Integer.highestOneBit(heads);
        MemorySegment slopes = buffer("slopes", heads).segment();
        for (int head = 0; head < heads; head++) {
            double exponent = head < even ? head + 1.0 : 0.5 * (2 * (head - even) + 1);
            slopes.setAtIndex(ValueLayout.JAVA_FLOAT, head, (float) Math.pow(2, -largest / even * exponent));
        }
        return slopes;
    }
}

package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import moka.engine.kernel.Activations;
import moka.engine.kernel.RopeTable;
import moka.engine.kernel.LocalKernels;
import moka.engine.ops.Norms;

/** Steps on rows that are heads side by side, for families whose norms and rotations the kernels do not do inside attention. */
final class HeadSteps {
    private HeadSteps() {}

    /** RMS norm of each head. @param weight {@code length} values, or an empty array: ones */
    static void rmsNorm(Graph graph, Activations rows, int length, float[] weight, float epsilon) {
        rmsNorm(graph, rows, 0, rows.columns() / length, weight.length == 0 ? filled(length, 1) : weight, epsilon);
    }

    /** RMS norm of each of some groups of a row's columns. @param weight of all columns */
    static void rmsNormGroups(Graph graph, Activations rows, int groups, float[] weight, float epsilon) {
        int length = rows.columns() / groups;
        Optional<LocalKernels> kernels = graph.local();
        if (kernels.isPresent() && length % 16 == 0) {
            MemorySegment[] weights = new MemorySegment[groups];
            Arrays.setAll(weights, group -> graph.constant(Arrays.copyOfRange(weight, group * length, (group + 1) * length)));
            graph.eachRow((batch, row, worker) -> {
                for (int group = 0; group < groups; group++) {
                    kernels.get().rmsNorm(rows, row, group * length, 1, length, weights[group], epsilon, worker);
                }
            });
            return;
        }
        new RowSteps(graph).change(rows, it -> {
            for (int group = 0; group < groups; group++) {
                Norms.rms(it, group * length, length, weight, group * length, epsilon);
            }
        });
    }

    /** {@code x * factor / sqrt(sum(x²) + epsilon)} of each of some heads. @param column the first head's */
    static void length(Graph graph, Activations rows, int column, int count, int length, float factor, float epsilon) {
        rmsNorm(graph, rows, column, count, filled(length, (float) (factor / Math.sqrt(length))), epsilon / length);
    }

    private static float[] filled(int count, float value) {
        float[] result = new float[count];
        Arrays.fill(result, value);
        return result;
    }

    /** RMS norm of each of some heads. @param column the first head's @param weight of a head */
    static void rmsNorm(Graph graph, Activations rows, int column, int count, float[] weight, float epsilon) {
        int length = weight.length;
        Optional<LocalKernels> kernels = graph.local();
        if (kernels.isPresent() && length % 16 == 0) {
            MemorySegment weights = graph.constant(weight);
            graph.eachRow((batch, row, worker) -> kernels.get().rmsNorm(rows, row, column, count, length, weights, epsilon, worker));
            return;
        }
        graph.eachRow((batch, row, worker) -> {
            float[] it = graph.scratch().floats(worker, 0, count * length);
            rows.read(row, column, it, 0, count * length);
            for (int at = 0; at < count * length; at += length) {
                Norms.rms(it, at, length, weight, 0, epsilon);
            }
            rows.write(row, column, it, 0, count * length);
        });
    }

    /** Layer norm of each head. @param weight of all heads, one after the other */
    static void layerNorm(Graph graph, Activations rows, int length, float[] weight, float epsilon) {
        layerNorm(graph, rows, length, weight, new float[0], epsilon, rows);
    }

    /** Layer norm of each head. @param weight of all heads, or an empty array: ones @param bias likewise: zeros */
    static void layerNorm(Graph graph, Activations rows, int length, float[] weight, float[] bias, float epsilon, Activations target) {
        int columns = rows.columns();
        Optional<LocalKernels> kernels = graph.local();
        if (kernels.isPresent() && length % 16 == 0) {
            MemorySegment weights = graph.constant(weight.length == 0 ? filled(columns, 1) : weight);
            MemorySegment biases = graph.constant(bias.length == 0 ? new float[columns] : bias);
            MemorySegment[] weightOf = new MemorySegment[columns / length];
            MemorySegment[] biasOf = new MemorySegment[columns / length];
            Arrays.setAll(weightOf, head -> weights.asSlice(4L * head * length));
            Arrays.setAll(biasOf, head -> biases.asSlice(4L * head * length));
            graph.eachRow((batch, row, worker) -> {
                for (int head = 0; head < weightOf.length; head++) {
                    kernels.get().layerNorm(rows, row, head * length, length, weightOf[head], biasOf[head], epsilon, target, worker);
                }
            });
            return;
        }
        graph.eachRow((batch, row, worker) -> {
            float[] it = graph.scratch().floats(worker, 0, columns);
            rows.read(row, 0, it, 0, columns);
            for (int at = 0; at < columns; at += length) {
                Norms.layer(it, at, length, weight, at, bias.length == 0 ? bias : Arrays.copyOfRange(bias, at, at + length), epsilon);
            }
            target.write(row, 0, it, 0, columns);
        });
    }

    /** Rotates each head by its row's position. */
    static void rotate(Graph graph, Activations rows, int length, RopeTable rope) {
        int pairs = rope.rotatedLength() / 2;
        graph.eachRow((batch, row, worker) -> {
            float[] it = graph.scratch().floats(worker, 0, rows.columns());
            rows.read(row, 0, it, 0, rows.columns());
            int position = batch.position(row);
            MemorySegment table = rope.table(position + 1);
            for (int at = 0; at < rows.columns(); at += length) {
                rotate(it, at, rope, table, 2L * position * pairs);
            }
            rows.write(row, 0, it, 0, rows.columns());
        });
    }

    /** @param angles index of the position's first cosine */
    private static void rotate(float[] it, int at, RopeTable rope, MemorySegment table, long angles) {
        int pairs = rope.rotatedLength() / 2;
        for (int i = 0; i < pairs; i++) {
            int first = at + (rope.halves() ? i : 2 * i);
            int second = first + (rope.halves() ? pairs : 1);
            float cos = table.getAtIndex(ValueLayout.JAVA_FLOAT, angles + 2L * i);
            float sin = table.getAtIndex(ValueLayout.JAVA_FLOAT, angles + 2L * i + 1);
            float a = it[first];
            float b = it[second];
            it[first] = a * cos - b * sin;
            it[second] = a * sin + b * cos;
        }
    }
}

package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.Activations;
import moka.engine.kernel.RopeTable;
import moka.engine.ops.Norms;

/** Steps on rows that are heads side by side, for families whose norms and rotations the kernels do not do inside attention. */
final class HeadSteps {
    private HeadSteps() {}

    /** RMS norm of each head. @param weight {@code length} values, or an empty array: ones */
    static void rmsNorm(Graph graph, Activations rows, int length, float[] weight, float epsilon) {
        new RowSteps(graph).change(rows, it -> {
            for (int at = 0; at < rows.columns(); at += length) {
                Norms.rms(it, at, length, weight, 0, epsilon);
            }
        });
    }

    /** Layer norm of each head. @param weight of all heads, one after the other */
    static void layerNorm(Graph graph, Activations rows, int length, float[] weight, float epsilon) {
        new RowSteps(graph).change(rows, it -> {
            for (int at = 0; at < rows.columns(); at += length) {
                Norms.layer(it, at, length, weight, at, new float[0], epsilon);
            }
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

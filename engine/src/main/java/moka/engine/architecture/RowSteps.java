package moka.engine.architecture;

import java.util.Arrays;
import java.util.Optional;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.GateFunction;
import moka.engine.kernel.LocalKernels;
import moka.engine.ops.Curves;
import moka.engine.ops.RowCurves;

/** Steps of a graph that change rows value by value: what no kernel fuses with a product. Cost: the rows, read and written. */
final class RowSteps {
    private final Graph graph;

    RowSteps(Graph graph) {
        this.graph = graph;
    }

    /** {@code x += factor * rows}. */
    void add(Activations x, Activations rows, float factor) {
        merge(x, rows, (row, sum, values) -> add(sum, values, factor, x.columns()));
    }

    /** {@code x += sigmoid(gate) * rows}. @param gate one value a row */
    void addGated(Activations x, Activations rows, Activations gate) {
        merge(x, rows, (row, sum, values) -> add(sum, values, Curves.sigmoid(gate.get(row, 0)), x.columns()));
    }

    private static void add(float[] sum, float[] values, float factor, int count) {
        for (int i = 0; i < count; i++) {
            sum[i] += factor * values[i];
        }
    }

    /** {@code output = function(gate) * up}, value by value; output may be one of the others. */
    void gate(GateFunction function, Activations gate, Activations up, Activations output) {
        int columns = gate.columns();
        Optional<LocalKernels> kernels = graph.local();
        if (kernels.isPresent()) {
            graph.eachRow((batch, row, worker) -> kernels.get().gate(function, gate, up, output, row));
            return;
        }
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, columns);
            float[] by = graph.scratch().floats(worker, 1, columns);
            gate.read(row, 0, values, 0, columns);
            up.read(row, 0, by, 0, columns);
            RowCurves.gate(function, values, columns);
            RowCurves.multiply(values, by, columns);
            output.write(row, 0, values, 0, columns);
        });
    }

    /** {@code target = rows}. */
    void copy(Activations rows, Activations target) {
        int columns = rows.columns();
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, columns);
            rows.read(row, 0, values, 0, columns);
            target.write(row, 0, values, 0, columns);
        });
    }

    /** {@code sum = (sum + rows) * factor}. */
    void combine(Activations sum, Activations rows, float factor) {
        int columns = sum.columns();
        merge(sum, rows, (row, values, others) -> {
            for (int i = 0; i < columns; i++) {
                values[i] = (values[i] + others[i]) * factor;
            }
        });
    }

    /** {@code rows *= factor}. */
    void scale(Activations rows, float factor) {
        change(rows, it -> {
            for (int i = 0; i < rows.columns(); i++) {
                it[i] *= factor;
            }
        });
    }

    /** {@code rows = 0}. */
    void clear(Activations rows) {
        change(rows, it -> Arrays.fill(it, 0f));
    }

    /** {@code target = parts side by side}. */
    void concatenate(Activations target, Activations... parts) {
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, target.columns());
            int at = 0;
            for (Activations part : parts) {
                part.read(row, 0, values, at, part.columns());
                at += part.columns();
            }
            target.write(row, 0, values, 0, target.columns());
        });
    }

    /** Changes each row by itself: reads, applies, writes back. */
    void change(Activations rows, RowFunction function) {
        int columns = rows.columns();
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, columns);
            rows.read(row, 0, values, 0, columns);
            function.apply(values);
            rows.write(row, 0, values, 0, columns);
        });
    }

    /** Changes each row by the same row of others: reads both, applies, writes back. */
    private void merge(Activations rows, Activations others, RowMerge function) {
        int columns = rows.columns();
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, columns);
            float[] by = graph.scratch().floats(worker, 1, columns);
            rows.read(row, 0, values, 0, columns);
            others.read(row, 0, by, 0, columns);
            function.apply(row, values, by);
            rows.write(row, 0, values, 0, columns);
        });
    }

    /** Changes the values of a row by those of another; the arrays may be longer than the rows. */
    @FunctionalInterface
    private interface RowMerge {
        void apply(int row, float[] values, float[] others);
    }

    /** Changes the values of a row; the array may be longer than the row. */
    @FunctionalInterface
    interface RowFunction {
        void apply(float[] values);
    }
}

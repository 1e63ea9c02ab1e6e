package moka.engine.architecture;

import java.util.Arrays;
import moka.engine.kernel.Activations;
import moka.engine.ops.Curves;

/** Steps of a graph that change rows value by value: what no kernel fuses with a product. Cost: the rows, read and written. */
final class RowSteps {
    private final Graph graph;

    RowSteps(Graph graph) {
        this.graph = graph;
    }

    /** {@code x += factor * rows}. */
    void add(Activations x, Activations rows, float factor) {
        int width = x.columns();
        graph.eachRow((batch, row, worker) -> {
            float[] sum = graph.scratch().floats(worker, 0, width);
            float[] values = graph.scratch().floats(worker, 1, width);
            x.read(row, 0, sum, 0, width);
            rows.read(row, 0, values, 0, width);
            for (int i = 0; i < width; i++) {
                sum[i] += factor * values[i];
            }
            x.write(row, 0, sum, 0, width);
        });
    }

    /** {@code x += sigmoid(gate) * rows}. @param gate one value a row */
    void addGated(Activations x, Activations rows, Activations gate) {
        int width = x.columns();
        graph.eachRow((batch, row, worker) -> {
            float[] sum = graph.scratch().floats(worker, 0, width);
            float[] values = graph.scratch().floats(worker, 1, width);
            x.read(row, 0, sum, 0, width);
            rows.read(row, 0, values, 0, width);
            float factor = Curves.sigmoid(gate.get(row, 0));
            for (int i = 0; i < width; i++) {
                sum[i] += factor * values[i];
            }
            x.write(row, 0, sum, 0, width);
        });
    }

    /** {@code rows *= by}, value by value. */
    void multiply(Activations rows, Activations by) {
        int columns = rows.columns();
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, columns);
            float[] factors = graph.scratch().floats(worker, 1, columns);
            rows.read(row, 0, values, 0, columns);
            by.read(row, 0, factors, 0, columns);
            for (int i = 0; i < columns; i++) {
                values[i] *= factors[i];
            }
            rows.write(row, 0, values, 0, columns);
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
        graph.eachRow((batch, row, worker) -> {
            float[] values = graph.scratch().floats(worker, 0, columns);
            float[] others = graph.scratch().floats(worker, 1, columns);
            sum.read(row, 0, values, 0, columns);
            rows.read(row, 0, others, 0, columns);
            for (int i = 0; i < columns; i++) {
                values[i] = (values[i] + others[i]) * factor;
            }
            sum.write(row, 0, values, 0, columns);
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

    /** Changes the values of a row; the array may be longer than the row. */
    @FunctionalInterface
    interface RowFunction {
        void apply(float[] values);
    }
}

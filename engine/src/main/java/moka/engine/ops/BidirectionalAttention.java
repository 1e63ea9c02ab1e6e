package moka.engine.ops;

import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;

/**
 * Attention to both sides within the rows of one sequence, without a cache: for models that read a text as a whole. Cost of a row:
 * {@code 2 * rows * heads * (headLength + valueLength)} operations.
 *
 * @param queries {@code [t][heads * headLength]}
 * @param keys likewise
 * @param values likewise
 * @param output likewise
 * @param reach positions seen to each side; 0: all
 */
public record BidirectionalAttention(
        Activations queries, Activations keys, Activations values, Activations output, int heads, int reach, RowScratch scratch) {
    /** One head of one row. @param index row in the span */
    public void run(Span span, int index, int head, int worker) {
        int length = queries.columns() / heads;
        int first = reach == 0 ? 0 : Math.max(0, index - reach);
        int end = reach == 0 ? span.rowCount() : Math.min(span.rowCount(), index + reach + 1);
        float[] query = scratch.floats(worker, 0, length);
        float[] other = scratch.floats(worker, 1, length);
        float[] weights = scratch.floats(worker, 2, end - first);
        float[] sum = scratch.floats(worker, 3, length);
        queries.read(span.firstRow() + index, head * length, query, 0, length);
        double scale = 1 / Math.sqrt(length);
        float largest = Float.NEGATIVE_INFINITY;
        for (int row = first; row < end; row++) {
            keys.read(span.firstRow() + row, head * length, other, 0, length);
            double dot = 0;
            for (int i = 0; i < length; i++) {
                dot += (double) query[i] * other[i];
            }
            weights[row - first] = (float) (dot * scale);
            largest = Math.max(largest, weights[row - first]);
        }
        double total = 0;
        java.util.Arrays.fill(sum, 0, length, 0f);
        for (int row = first; row < end; row++) {
            float weight = (float) Math.exp(weights[row - first] - largest);
            total += weight;
            values.read(span.firstRow() + row, head * length, other, 0, length);
            for (int i = 0; i < length; i++) {
                sum[i] += weight * other[i];
            }
        }
        for (int i = 0; i < length; i++) {
            sum[i] = (float) (sum[i] / total);
        }
        output.write(span.firstRow() + index, head * length, sum, 0, length);
    }
}

package moka.engine.ops;

import moka.engine.kernel.Activations;

/**
 * How far a token moves a state, and how much of the state it leaves: {@code step = softplus(step + bias)}, {@code kept = e^(step * rate)}.
 *
 * @param step {@code [t][n]}, in place
 * @param bias {@code [n]}
 * @param rate {@code [n]}, negative
 * @param kept {@code [t][n]}
 */
public record StepSizes(Activations step, float[] bias, float[] rate, Activations kept, RowScratch scratch) {
    /** One row. */
    public void run(int row, int worker) {
        int count = step.columns();
        float[] it = scratch.floats(worker, 0, count);
        step.read(row, 0, it, 0, count);
        for (int i = 0; i < count; i++) {
            it[i] += bias[i];
        }
        RowCurves.softplus(it, scratch.floats(worker, 1, count), count);
        step.write(row, 0, it, 0, count);
        RowCurves.multiply(it, rate, count);
        RowCurves.exp(it, count);
        kept.write(row, 0, it, 0, count);
    }
}

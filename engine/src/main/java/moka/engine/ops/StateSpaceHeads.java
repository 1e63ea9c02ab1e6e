package moka.engine.ops;

import java.util.Arrays;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;

/**
 * The state space of Mamba-2: each head decays as a whole. For head {@code h} of group {@code g}
 *
 * <pre>
 *   dt = softplus(step[h] + bias[h])
 *   S[n][p] = e^(dt A[h]) S[n][p] + dt B[g][n] x[h][p]
 *   y[h][p] = sum over n of C[g][n] S[n][p] + D[h] x[h][p]
 * </pre>
 *
 * A row costs {@code 5 * heads * stateSize * headLength} operations.
 *
 * @param mixed {@code [t][heads * headLength + 2 * groups * stateSize]}: x, B, C
 * @param step {@code [t][heads]}
 * @param y {@code [t][heads * headLength]}
 * @param decay A: {@code [heads]}, negative
 * @param skip D: {@code [heads]}
 * @param layer of the cache
 * @param stateAt where the state, {@code [heads][stateSize][headLength]}, begins in the layer's
 * @see <a href="https://arxiv.org/abs/2405.21060">Transformers are SSMs</a>
 */
public record StateSpaceHeads(
        Activations mixed,
        Activations step,
        Activations y,
        int groups,
        int stateSize,
        float[] bias,
        float[] decay,
        float[] skip,
        int layer,
        int stateAt,
        RowScratch scratch) {
    public int heads() {
        return step.columns();
    }

    /** All rows of a span, for one head. */
    public void run(Span span, int head, int worker) {
        int length = y.columns() / heads();
        int group = head / (heads() / groups);
        int at = stateAt + head * stateSize * length;
        StateTile state = StateTile.load(scratch, worker, span.cache().state(layer), at, stateSize, length);
        float[] x = scratch.floats(worker, 0, length);
        float[] into = state.factors(scratch, worker, 1);
        float[] out = state.factors(scratch, worker, 2);
        float[] sum = scratch.floats(worker, 3, length);
        float[] keeps = state.factors(scratch, worker, 4);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            mixed.read(row, head * length, x, 0, length);
            mixed.read(row, y.columns() + group * stateSize, into, 0, stateSize);
            mixed.read(row, y.columns() + (groups + group) * stateSize, out, 0, stateSize);
            float dt = Curves.softplus(step.get(row, head) + bias[head]);
            Arrays.fill(keeps, 0, state.height(), (float) Math.exp(dt * decay[head]));
            for (int n = 0; n < stateSize; n++) {
                into[n] *= dt;
            }
            state.update(keeps, into, x, out, sum);
            float straight = skip[head];
            for (int p = 0; p < length; p++) {
                sum[p] += straight * x[p];
            }
            y.write(row, head * length, sum, 0, length);
        }
        state.store(span.cache().nextState(layer), at, stateSize);
    }
}

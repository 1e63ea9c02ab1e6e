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
 * A row costs {@code 3 * heads * stateSize * headLength} operations.
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
        int size = stateSize * length;
        int at = stateAt + head * size;
        float[] state = span.cache().nextState(layer);
        System.arraycopy(span.cache().state(layer), at, state, at, size);
        float[] x = scratch.floats(worker, 0, length);
        float[] into = scratch.floats(worker, 1, stateSize);
        float[] out = scratch.floats(worker, 2, stateSize);
        float[] sum = scratch.floats(worker, 3, length);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            mixed.read(row, head * length, x, 0, length);
            mixed.read(row, y.columns() + group * stateSize, into, 0, stateSize);
            mixed.read(row, y.columns() + (groups + group) * stateSize, out, 0, stateSize);
            float dt = Curves.softplus(step.get(row, head) + bias[head]);
            float kept = (float) Math.exp(dt * decay[head]);
            Arrays.fill(sum, 0, length, 0f);
            for (int n = 0; n < stateSize; n++) {
                float factor = dt * into[n];
                float read = out[n];
                int s = at + n * length;
                for (int p = 0; p < length; p++) {
                    float value = kept * state[s + p] + factor * x[p];
                    state[s + p] = value;
                    sum[p] += read * value;
                }
            }
            for (int p = 0; p < length; p++) {
                sum[p] += skip[head] * x[p];
            }
            y.write(row, head * length, sum, 0, length);
        }
    }
}

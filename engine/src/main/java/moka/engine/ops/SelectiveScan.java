package moka.engine.ops;

import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;

/**
 * The state space of Mamba: for channel {@code c} and state value {@code n}
 *
 * <pre>
 *   h[c][n] = e^(dt[c] A[c][n]) h[c][n] + dt[c] B[n] x[c]
 *   y[c] = sum over n of h[c][n] C[n] + D[c] x[c]
 * </pre>
 *
 * with {@code dt = softplus(...)} given before the softplus. A row costs {@code channels * stateSize} exponentials.
 *
 * @param x {@code [t][channels]}; results take its place
 * @param step {@code [t][channels]}: dt before the softplus
 * @param b {@code [t][stateSize]}
 * @param c {@code [t][stateSize]}
 * @param decay A: {@code [channels][stateSize]}, negative
 * @param skip D: {@code [channels]}
 * @param layer of the cache
 * @param stateAt where the state, {@code [channels][stateSize]}, begins in the layer's
 * @see <a href="https://arxiv.org/abs/2312.00752">Mamba</a>
 */
public record SelectiveScan(
        Activations x, Activations step, Activations b, Activations c, float[] decay, float[] skip, int layer, int stateAt, RowScratch scratch) {
    /** Channels of a chunk of work. */
    public static final int CHUNK = 64;

    public int chunks() {
        return (x.columns() + CHUNK - 1) / CHUNK;
    }

    /** All rows of a span, for one chunk of channels. */
    public void run(Span span, int chunk, int worker) {
        int size = b.columns();
        int first = chunk * CHUNK;
        int count = Math.min(CHUNK, x.columns() - first);
        float[] state = span.cache().nextState(layer);
        int at = stateAt + first * size;
        System.arraycopy(span.cache().state(layer), at, state, at, count * size);
        float[] input = scratch.floats(worker, 0, count);
        float[] steps = scratch.floats(worker, 1, count);
        float[] into = scratch.floats(worker, 2, size);
        float[] out = scratch.floats(worker, 3, size);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            x.read(row, first, input, 0, count);
            step.read(row, first, steps, 0, count);
            b.read(row, 0, into, 0, size);
            c.read(row, 0, out, 0, size);
            for (int i = 0; i < count; i++) {
                float dt = Curves.softplus(steps[i]);
                float scaled = dt * input[i];
                float sum = 0;
                int h = at + i * size;
                int a = (first + i) * size;
                for (int n = 0; n < size; n++) {
                    float value = (float) Math.exp(dt * decay[a + n]) * state[h + n] + scaled * into[n];
                    state[h + n] = value;
                    sum += value * out[n];
                }
                input[i] = sum + skip[first + i] * input[i];
            }
            x.write(row, first, input, 0, count);
        }
    }
}

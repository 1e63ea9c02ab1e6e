package moka.engine.ops;

import java.util.Arrays;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;

/**
 * The state space of Mamba: for channel {@code c} and state value {@code n}
 *
 * <pre>
 *   h[n][c] = e^(dt[c] A[n][c]) h[n][c] + dt[c] B[n] x[c]
 *   y[c] = sum over n of h[n][c] C[n] + D[c] x[c]
 * </pre>
 *
 * with {@code dt = softplus(...)} given before the softplus. A row costs {@code channels * stateSize} exponentials. The state is {@code [stateSize][channels]}:
 * loops run over channels, in the form that C2 makes vectors of.
 *
 * @see <a href="https://arxiv.org/abs/2312.00752">Mamba</a>
 */
public final class SelectiveScan {
    /** Channels of a chunk of work. */
    private static final int CHUNK = 128;

    private final Activations x;
    private final Activations step;
    private final Activations b;
    private final Activations c;
    private final float[][][] decay; // [chunk][stateSize][channel of the chunk]
    private final float[] skip;
    private final int layer;
    private final int stateAt;
    private final RowScratch scratch;

    /**
     * @param x {@code [t][channels]}; results take its place
     * @param step {@code [t][channels]}: dt before the softplus
     * @param b {@code [t][stateSize]}
     * @param c {@code [t][stateSize]}
     * @param decay A: {@code [channels][stateSize]}, negative
     * @param skip D: {@code [channels]}
     * @param layer of the cache
     * @param stateAt where the state begins in the layer's
     */
    public SelectiveScan(
            Activations x, Activations step, Activations b, Activations c, float[] decay, float[] skip, int layer, int stateAt, RowScratch scratch) {
        this.x = x;
        this.step = step;
        this.b = b;
        this.c = c;
        this.skip = skip;
        this.layer = layer;
        this.stateAt = stateAt;
        this.scratch = scratch;
        int size = b.columns();
        this.decay = new float[chunks()][size][CHUNK];
        for (int channel = 0; channel < x.columns(); channel++) {
            for (int n = 0; n < size; n++) {
                this.decay[channel / CHUNK][n][channel % CHUNK] = decay[channel * size + n];
            }
        }
    }

    public int chunks() {
        return (x.columns() + CHUNK - 1) / CHUNK;
    }

    /** All rows of a span, for one chunk of channels. */
    public void run(Span span, int chunk, int worker) {
        int size = b.columns();
        int channels = x.columns();
        int first = chunk * CHUNK;
        int count = Math.min(CHUNK, channels - first);
        // The state of these channels, then what is kept of it.
        float[][] tile = scratch.tile(worker, 2 * size, CHUNK);
        float[] before = span.cache().state(layer);
        for (int n = 0; n < size; n++) {
            System.arraycopy(before, stateAt + n * channels + first, tile[n], 0, count);
        }
        float[] input = scratch.floats(worker, 0, CHUNK);
        float[] steps = scratch.floats(worker, 1, CHUNK);
        float[] into = scratch.floats(worker, 2, size);
        float[] out = scratch.floats(worker, 3, size);
        float[] scaled = scratch.floats(worker, 4, CHUNK);
        float[] sum = scratch.floats(worker, 5, CHUNK);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            x.read(row, first, input, 0, count);
            step.read(row, first, steps, 0, count);
            b.read(row, 0, into, 0, size);
            c.read(row, 0, out, 0, size);
            RowCurves.softplus(steps, scaled, count);
            System.arraycopy(steps, 0, scaled, 0, count);
            RowCurves.multiply(scaled, input, count);
            Arrays.fill(sum, 0, count, 0f);
            for (int n = 0; n < size; n++) {
                float[] kept = tile[size + n];
                product(decay[chunk][n], steps, kept, count);
                RowCurves.exp(kept, count);
                update(tile[n], kept, scaled, into[n], out[n], sum, count);
            }
            for (int i = 0; i < count; i++) {
                input[i] = sum[i] + skip[first + i] * input[i];
            }
            x.write(row, first, input, 0, count);
        }
        float[] after = span.cache().nextState(layer);
        for (int n = 0; n < size; n++) {
            System.arraycopy(tile[n], 0, after, stateAt + n * channels + first, count);
        }
    }

    private static void product(float[] a, float[] b, float[] result, int count) {
        for (int i = 0; i < count; i++) {
            result[i] = a[i] * b[i];
        }
    }

    private static void update(float[] state, float[] kept, float[] scaled, float into, float out, float[] sum, int count) {
        for (int i = 0; i < count; i++) {
            float value = kept[i] * state[i] + scaled[i] * into;
            state[i] = value;
            sum[i] += value * out;
        }
    }
}

package moka.engine.ops;

import java.util.Arrays;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan.Span;

/**
 * The gated delta rule: a state of each value head learns to give {@code v} for {@code k}. With {@code q} and {@code k} of length 1 and {@code q} scaled by
 * {@code 1 / sqrt(keyLength)}
 *
 * <pre>
 *   S[i][:] = e^g[i] S[i][:]
 *   S[i][:] += k[i] beta (v[:] - sum over j of k[j] S[j][:])
 *   y[:] = sum over i of q[i] S[i][:]
 * </pre>
 *
 * where {@code g} is one value a head, or one a key value (Kimi). A row costs {@code 8 * heads * keyLength * valueLength} operations.
 *
 * @param mixed {@code [t][keyHeads * keyLength (q), keyHeads * keyLength (k), heads * valueLength (v)]}
 * @param decay g: {@code [t][heads]} or {@code [t][heads * keyLength]}, negative
 * @param beta {@code [t][heads]}
 * @param y {@code [t][heads * valueLength]}
 * @param tiled whether value head {@code h} belongs to key head {@code h % keyHeads} instead of {@code h / (heads / keyHeads)}
 * @param layer of the cache
 * @param stateAt where the state, {@code [heads][keyLength][valueLength]}, begins in the layer's
 * @see <a href="https://arxiv.org/abs/2412.06464">Gated Delta Networks</a>
 * @see <a href="https://arxiv.org/abs/2510.26692">Kimi Linear</a>
 */
public record DeltaRule(
        Activations mixed,
        Activations decay,
        Activations beta,
        Activations y,
        int keyHeads,
        int keyLength,
        boolean tiled,
        float epsilon,
        int layer,
        int stateAt,
        RowScratch scratch) {
    public int heads() {
        return beta.columns();
    }

    /** All rows of a span, for one value head. */
    public void run(Span span, int head, int worker) {
        int length = y.columns() / heads();
        int keyHead = tiled ? head % keyHeads : head / (heads() / keyHeads);
        int size = keyLength * length;
        int at = stateAt + head * size;
        boolean byKey = decay.columns() > heads();
        float[] state = span.cache().nextState(layer);
        System.arraycopy(span.cache().state(layer), at, state, at, size);
        // q, k and the decays; v and what is missing in it; y
        float[] keys = scratch.floats(worker, 0, 3 * keyLength);
        float[] missing = scratch.floats(worker, 1, length);
        float[] sum = scratch.floats(worker, 2, length);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            mixed.read(row, keyHead * keyLength, keys, 0, keyLength);
            mixed.read(row, (keyHeads + keyHead) * keyLength, keys, keyLength, keyLength);
            Norms.length(keys, 0, keyLength, epsilon);
            Norms.length(keys, keyLength, keyLength, epsilon);
            mixed.read(row, 2 * keyHeads * keyLength + head * length, missing, 0, length);
            if (byKey) {
                decay.read(row, head * keyLength, keys, 2 * keyLength, keyLength);
            } else {
                Arrays.fill(keys, 2 * keyLength, 3 * keyLength, decay.get(row, head));
            }
            recall(state, at, keys, sum, length);
            float rate = beta.get(row, head);
            for (int p = 0; p < length; p++) {
                missing[p] = rate * (missing[p] - sum[p]);
            }
            learn(state, at, keys, missing, sum, length);
            y.write(row, head * length, sum, 0, length);
        }
    }

    /** Decays the state; {@code sum = k · S}. */
    private void recall(float[] state, int at, float[] keys, float[] sum, int length) {
        Arrays.fill(sum, 0, length, 0f);
        for (int i = 0; i < keyLength; i++) {
            float kept = (float) Math.exp(keys[2 * keyLength + i]);
            float key = keys[keyLength + i];
            int s = at + i * length;
            for (int p = 0; p < length; p++) {
                float value = kept * state[s + p];
                state[s + p] = value;
                sum[p] += key * value;
            }
        }
    }

    /** {@code S += k ⊗ missing}; {@code sum = q · S}. */
    private void learn(float[] state, int at, float[] keys, float[] missing, float[] sum, int length) {
        Arrays.fill(sum, 0, length, 0f);
        float scale = (float) (1 / Math.sqrt(keyLength));
        for (int i = 0; i < keyLength; i++) {
            float query = keys[i] * scale;
            float key = keys[keyLength + i];
            int s = at + i * length;
            for (int p = 0; p < length; p++) {
                float value = state[s + p] + key * missing[p];
                state[s + p] = value;
                sum[p] += query * value;
            }
        }
    }
}

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
 * where {@code g} is one value a head, or one a key value (Kimi). A row costs {@code 7 * heads * keyLength * valueLength} operations.
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
        int at = stateAt + head * keyLength * length;
        StateTile state = StateTile.load(scratch, worker, span.cache().state(layer), at, keyLength, length);
        float[] query = state.factors(scratch, worker, 0);
        float[] key = state.factors(scratch, worker, 1);
        float[] kept = state.factors(scratch, worker, 2);
        float[] keptKey = state.factors(scratch, worker, 3);
        float[] missing = scratch.floats(worker, 4, length);
        float[] sum = scratch.floats(worker, 5, length);
        float scale = (float) (1 / Math.sqrt(keyLength));
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            mixed.read(row, keyHead * keyLength, query, 0, keyLength);
            mixed.read(row, (keyHeads + keyHead) * keyLength, key, 0, keyLength);
            Norms.length(query, 0, keyLength, epsilon);
            Norms.length(key, 0, keyLength, epsilon);
            readKept(row, head, kept);
            for (int i = 0; i < keyLength; i++) {
                query[i] *= scale;
                keptKey[i] = kept[i] * key[i];
            }
            // What the state gives for the key after it has decayed; then what is missing is learnt.
            state.read(keptKey, sum);
            mixed.read(row, 2 * keyHeads * keyLength + head * length, missing, 0, length);
            float rate = beta.get(row, head);
            for (int p = 0; p < length; p++) {
                missing[p] = rate * (missing[p] - sum[p]);
            }
            state.update(kept, key, missing, query, sum);
            y.write(row, head * length, sum, 0, length);
        }
        state.store(span.cache().nextState(layer), at, keyLength);
    }

    /** What is kept of each key value's row: {@code e^g}. */
    private void readKept(int row, int head, float[] kept) {
        if (decay.columns() > heads()) {
            decay.read(row, head * keyLength, kept, 0, keyLength);
            RowCurves.exp(kept, keyLength);
        } else {
            Arrays.fill(kept, 0, keyLength, (float) Math.exp(decay.get(row, head)));
        }
    }
}

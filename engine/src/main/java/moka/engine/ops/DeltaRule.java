package moka.engine.ops;

import java.util.Arrays;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.StatePlan;

/** The gated delta rule in plain Java: {@link StatePlan.Delta}, a value head at a time. */
public record DeltaRule(StatePlan.Delta plan, RowScratch scratch) {
    /** All rows of a span, for one value head. */
    public void run(Span span, int head, int worker) {
        int length = plan.valueLength();
        int keyLength = plan.keyLength();
        int keys = plan.keyHeads() * keyLength;
        int keyAt = plan.keyHead(head) * keyLength;
        long at = plan.stateAt() + (long) head * keyLength * length;
        int width = StatePlan.panelWidth(length);
        StateTile state = StateTile.load(scratch, worker, new StatePanels(span.cache().state(plan.layer()), at, keyLength, width), length);
        float[] query = state.factors(scratch, worker, 0);
        float[] key = state.factors(scratch, worker, 1);
        float[] kept = state.factors(scratch, worker, 2);
        float[] keptKey = state.factors(scratch, worker, 3);
        float[] missing = scratch.floats(worker, 4, length);
        float[] sum = scratch.floats(worker, 5, length);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            plan.mixed().read(row, keyAt, query, 0, keyLength);
            plan.mixed().read(row, keys + keyAt, key, 0, keyLength);
            if (plan.keptByRow()) {
                plan.kept().read(row, head * keyLength, kept, 0, keyLength);
            } else {
                Arrays.fill(kept, 0, keyLength, plan.kept().get(row, head));
            }
            for (int i = 0; i < keyLength; i++) {
                keptKey[i] = kept[i] * key[i];
            }
            // What the state gives for the key after it has decayed; then what is missing is learnt.
            state.read(keptKey, sum);
            plan.mixed().read(row, 2 * keys + head * length, missing, 0, length);
            float rate = plan.beta().get(row, head);
            for (int p = 0; p < length; p++) {
                missing[p] = rate * (missing[p] - sum[p]);
            }
            state.update(kept, key, missing, query, sum);
            plan.y().write(row, head * length, sum, 0, length);
        }
        state.store(new StatePanels(span.cache().nextState(plan.layer()), at, keyLength, width));
    }
}

package moka.engine.ops;

import java.util.Arrays;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.StatePlan;

/** The state space of Mamba-2 in plain Java: {@link StatePlan.Heads}, a head at a time. */
public record StateSpaceHeads(StatePlan.Heads plan, RowScratch scratch) {
    /** All rows of a span, for one head. */
    public void run(Span span, int head, int worker) {
        int stateSize = plan.stateSize();
        int length = plan.headLength();
        int inner = plan.y().columns();
        int group = head / (plan.heads() / plan.groups());
        long at = plan.stateAt() + (long) head * stateSize * length;
        int width = StatePlan.panelWidth(length);
        StateTile state = StateTile.load(scratch, worker, new StatePanels(span.cache().state(plan.layer()), at, stateSize, width), length);
        float[] x = scratch.floats(worker, 0, length);
        float[] into = state.factors(scratch, worker, 1);
        float[] out = state.factors(scratch, worker, 2);
        float[] sum = scratch.floats(worker, 3, length);
        float[] keeps = state.factors(scratch, worker, 4);
        float straight = plan.skip().get(java.lang.foreign.ValueLayout.JAVA_FLOAT, 4L * head);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            plan.mixed().read(row, head * length, x, 0, length);
            plan.mixed().read(row, inner + group * stateSize, into, 0, stateSize);
            plan.mixed().read(row, inner + (plan.groups() + group) * stateSize, out, 0, stateSize);
            Arrays.fill(keeps, 0, state.height(), plan.kept().get(row, head));
            float step = plan.step().get(row, head);
            for (int n = 0; n < stateSize; n++) {
                into[n] *= step;
            }
            state.update(keeps, into, x, out, sum);
            for (int p = 0; p < length; p++) {
                sum[p] += straight * x[p];
            }
            plan.y().write(row, head * length, sum, 0, length);
        }
        state.store(new StatePanels(span.cache().nextState(plan.layer()), at, stateSize, width));
    }
}

package moka.engine.ops;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.StatePlan;

/** The state space of Mamba in plain Java: {@link StatePlan.Channels}, some channels at a time, in loops over channels that C2 makes vectors of. */
public final class SelectiveScan {
    /** Channels of a chunk of work: a multiple of a panel's, where there are several. */
    private static final int CHUNK = 128;

    private final StatePlan.Channels plan;
    private final int width;
    private final float[][][] decay; // [chunk][stateSize][channel of the chunk]
    private final RowScratch scratch;

    /** Copies the decay of all channels, {@code [stateSize][channel]}, to arrays. */
    public SelectiveScan(StatePlan.Channels plan, RowScratch scratch) {
        this.plan = plan;
        this.scratch = scratch;
        int channels = plan.x().columns();
        width = StatePlan.panelWidth(channels);
        decay = new float[chunks()][plan.stateSize()][CHUNK];
        var panels = new StatePanels(plan.decay(), 0, plan.stateSize(), width);
        for (int chunk = 0; chunk < chunks(); chunk++) {
            for (int n = 0; n < plan.stateSize(); n++) {
                panels.read(n, chunk * CHUNK, decay[chunk][n], Math.min(CHUNK, channels - chunk * CHUNK));
            }
        }
    }

    /** Chunks of channels that {@link #run} takes one at a time, on any thread. */
    public int chunks() {
        return (plan.x().columns() + CHUNK - 1) / CHUNK;
    }

    /** All rows of a span, for one chunk of channels. */
    public void run(Span span, int chunk, int worker) {
        int size = plan.stateSize();
        int first = chunk * CHUNK;
        int count = Math.min(CHUNK, plan.x().columns() - first);
        // The state of these channels, then what is kept of it.
        float[][] tile = scratch.tile(worker, 2 * size, CHUNK);
        var before = new StatePanels(span.cache().state(plan.layer()), plan.stateAt(), size, width);
        for (int n = 0; n < size; n++) {
            before.read(n, first, tile[n], count);
        }
        float[] input = scratch.floats(worker, 0, CHUNK);
        float[] steps = scratch.floats(worker, 1, CHUNK);
        float[] into = scratch.floats(worker, 2, size);
        float[] out = scratch.floats(worker, 3, size);
        float[] scaled = scratch.floats(worker, 4, CHUNK);
        float[] sum = scratch.floats(worker, 5, CHUNK);
        for (int row = span.firstRow(); row < span.firstRow() + span.rowCount(); row++) {
            plan.x().read(row, first, input, 0, count);
            plan.step().read(row, first, steps, 0, count);
            plan.b().read(row, 0, into, 0, size);
            plan.c().read(row, 0, out, 0, size);
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
                input[i] = sum[i] + plan.skip().get(ValueLayout.JAVA_FLOAT, 4L * (first + i)) * input[i];
            }
            plan.x().write(row, first, input, 0, count);
        }
        var after = new StatePanels(span.cache().nextState(plan.layer()), plan.stateAt(), size, width);
        for (int n = 0; n < size; n++) {
            after.write(n, first, tile[n], count);
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

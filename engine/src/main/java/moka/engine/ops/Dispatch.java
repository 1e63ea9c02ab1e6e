package moka.engine.ops;

import java.util.Arrays;
import java.util.Optional;
import moka.engine.kernel.Activations;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.LocalKernels;
import moka.engine.runtime.WorkerTeam;

/**
 * Sends rows to their experts and brings the results back: each row goes to {@code used} slots, which are ordered by expert, so that an expert's rows
 * are read together with its matrices. Belongs to one session.
 */
public final class Dispatch {
    private final Router router;
    private final int expertCount;
    private final int used;
    private final RowScratch scratch;
    private final ExpertGroups groups;
    private final int[] chosen; // [t][used]: experts
    private final float[] weights; // [t][used]
    private final int[] slots; // [t][used]: rows in the order of experts
    private final int[] rows; // [slot]: the row that is there
    private final float[] slotWeights; // [slot]
    private final int[] counts;
    private final int[][] chosenSlots; // [worker][used]

    /** @param maxRows most rows of a batch, each of which has {@code router.used()} slots */
    public Dispatch(Router router, int expertCount, int maxRows, RowScratch scratch) {
        this.router = router;
        this.expertCount = expertCount;
        this.used = router.used();
        this.scratch = scratch;
        groups = new ExpertGroups(expertCount);
        chosen = new int[maxRows * used];
        weights = new float[maxRows * used];
        slots = new int[maxRows * used];
        rows = new int[maxRows * used];
        slotWeights = new float[maxRows * used];
        groups.place(slots, used);
        counts = new int[expertCount];
        chosenSlots = new int[scratch.workers()][used];
    }

    /** The rows of a batch by expert: good after {@link #order}. */
    public ExpertGroups groups() {
        return groups;
    }

    /** Chooses the experts of a row. @param scores router logits */
    public void choose(Activations scores, int row, int worker) {
        float[] values = scratch.floats(worker, 0, expertCount);
        scores.read(row, 0, values, 0, expertCount);
        float[] ranks = scratch.floats(worker, 1, expertCount + Math.clamp(router.groups(), 0, expertCount));
        router.choose(values, ranks, expertCount, chosen, weights, row * used);
    }

    /** Orders the slots of all rows by expert. Cost: the number of slots. */
    public void order(int rowCount) {
        Arrays.fill(counts, 0);
        for (int i = 0; i < rowCount * used; i++) {
            counts[chosen[i]]++;
        }
        groups.clear();
        int next = 0;
        for (int expert = 0; expert < expertCount; expert++) {
            int count = counts[expert];
            if (count > 0) {
                groups.add(expert, count);
            }
            counts[expert] = next;
            next += count;
        }
        for (int i = 0; i < rowCount * used; i++) {
            int slot = counts[chosen[i]]++;
            slots[i] = slot;
            rows[slot] = i / used;
            slotWeights[slot] = weights[i];
        }
    }

    /** Copies the row of a slot times its weight. */
    private void gather(Activations from, Activations target, int slot, int worker) {
        int columns = from.columns();
        float[] values = scratch.floats(worker, 0, columns);
        from.read(rows[slot], 0, values, 0, columns);
        float weight = slotWeights[slot];
        for (int i = 0; i < columns; i++) {
            values[i] *= weight;
        }
        target.write(slot, 0, values, 0, columns);
    }

    /**
     * {@code target[row] += factor * sum of weight * result}, in the order of choice.
     *
     * @param weighted whether results are multiplied by their weights
     * @param kernels what computes it, if anything
     */
    public void collect(
            Activations results, Activations target, int row, int worker, boolean weighted, float factor, Optional<LocalKernels> kernels) {
        if (kernels.isPresent()) {
            float[] factors = scratch.floats(worker, 0, used);
            for (int k = 0; k < used; k++) {
                factors[k] = weighted ? factor * weights[row * used + k] : factor;
            }
            System.arraycopy(slots, row * used, chosenSlots[worker], 0, used);
            kernels.get().addRows(results, chosenSlots[worker], factors, 0, used, target, row, worker);
            return;
        }
        int columns = target.columns();
        float[] sum = scratch.floats(worker, 0, columns);
        float[] values = scratch.floats(worker, 1, columns);
        target.read(row, 0, sum, 0, columns);
        for (int k = row * used; k < (row + 1) * used; k++) {
            results.read(slots[k], 0, values, 0, columns);
            float weight = weighted ? factor * weights[k] : factor;
            for (int i = 0; i < columns; i++) {
                sum[i] += weight * values[i];
            }
        }
        target.write(row, 0, sum, 0, columns);
    }

    /** Copies the rows that experts read, times their weights: a region of {@code groups().rowCount()} chunks. */
    public WorkerTeam.Region gathering(Activations from, Activations target) {
        return (slot, worker) -> gather(from, target, slot, worker);
    }
}

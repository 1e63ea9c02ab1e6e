package moka.engine.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.ExpertProjection;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.LocalKernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.ops.Embedding;
import moka.engine.ops.RowScratch;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a forward pass with their memory, built by a family once for a size of batch and run for every batch of up to that size. Running
 * allocates nothing.
 */
public final class Graph {
    /** What a step sees of a batch. */
    public static final class Batch {
        private int[] ids = new int[0];
        private int firstId;
        private int rowCount;
        private AttentionPlan.Span[] spans = new AttentionPlan.Span[0];

        /** Token of a row. */
        public int id(int row) {
            return ids[firstId + row];
        }

        public int rowCount() {
            return rowCount;
        }

        public AttentionPlan.Span[] spans() {
            return spans;
        }

        /** Position of a row in its sequence. */
        public int position(int row) {
            AttentionPlan.Span span = span(row);
            return span.firstPosition() + row - span.firstRow();
        }

        /** The rows of a row's sequence. */
        public AttentionPlan.Span span(int row) {
            for (AttentionPlan.Span span : spans) {
                if (row >= span.firstRow() && row < span.firstRow() + span.rowCount()) {
                    return span;
                }
            }
            throw new IllegalArgumentException("row " + row + " belongs to no sequence");
        }
    }

    /** One step. */
    @FunctionalInterface
    public interface Step {
        void run(Kernels kernels, Batch batch);
    }

    /** A step on each row by itself, which may use the scratch memory of its worker. */
    @FunctionalInterface
    public interface RowStep {
        void run(Batch batch, int row, int worker);
    }

    private final Kernels kernels;
    private final Arena arena;
    private final int maxRows;
    private final boolean longContext;
    private final RowScratch scratch;
    private final List<Step> steps = new ArrayList<>();
    private final Batch batch = new Batch();
    private @Nullable AdaptedProducts adapted;
    private @Nullable Predicate<Batch> condition;

    /**
     * @param arena owns the memory; lives as long as the model
     * @param maxRows most rows of a batch
     * @param longContext whether sequences may be longer than those of the training (LongRoPE)
     */
    public Graph(Kernels kernels, Arena arena, int maxRows, boolean longContext) {
        this.kernels = kernels;
        this.arena = arena;
        this.maxRows = maxRows;
        this.longContext = longContext;
        this.scratch = new RowScratch(kernels.workers());
    }

    /** Whether sequences may be longer than those of the training. */
    public boolean longContext() {
        return longContext;
    }

    /** Memory for operations on single rows. */
    public RowScratch scratch() {
        return scratch;
    }

    /** What the kernels compute within regions, if anything. */
    Optional<LocalKernels> local() {
        return kernels.local();
    }

    /** Owns the memory of the steps. */
    Arena arena() {
        return arena;
    }

    /** Values for kernels, padded with zeros to whole vectors of 16. */
    MemorySegment constant(float[] values) {
        MemorySegment result = arena.allocate(4L * (values.length + 15 & -16), 64);
        MemorySegment.copy(values, 0, result, ValueLayout.JAVA_FLOAT, 0, values.length);
        return result;
    }

    /** Most rows of a batch. */
    public int maxRows() {
        return maxRows;
    }

    /** Memory for the rows of a batch. */
    public Activations rows(int columns) {
        return rows(maxRows, columns);
    }

    /** Memory for a number of rows. */
    public Activations rows(int count, int columns) {
        return Activations.of(bytes -> kernels.memory(arena, bytes), count, columns);
    }

    /** Adds a step, which runs for each batch, after those that were added before. */
    public void step(Step step) {
        Predicate<Batch> asked = condition;
        steps.add(asked == null ? step : (set, it) -> {
            if (asked.test(it)) {
                step.run(set, it);
            }
        });
    }

    /** The steps that are added meanwhile run for batches of which a condition holds. */
    void when(Predicate<Batch> condition, Runnable adding) {
        this.condition = condition;
        adding.run();
        this.condition = null;
    }

    /** A step on each row of the batch, spread over the set's threads. */
    public void eachRow(RowStep step) {
        WorkerTeam.Region region = (row, worker) -> step.run(batch, row, worker);
        step((set, it) -> set.spread(it.rowCount(), region));
    }

    /** {@code output = x / sqrt(mean(x²) + epsilon) * weight}; in place where both are the same. */
    public void rmsNorm(Activations input, MemorySegment weight, float epsilon, Activations output) {
        step((set, it) -> set.rmsNorm(input, 0, it.rowCount(), weight, epsilon, output));
    }

    /** Rows of the embedding matrix for the batch's tokens, times a factor. */
    public Activations embed(Matrix embedding, float factor) {
        Activations output = rows(embedding.weights().columns());
        Embedding step = new Embedding(embedding.weights(), factor, embeddingChanges(embedding), output);
        step((set, it) -> {
            for (int row = 0; row < it.rowCount(); row++) {
                step.run(it.id(row), row);
            }
        });
        return output;
    }

    private List<Embedding.Change> embeddingChanges(Matrix embedding) {
        return adapted == null ? List.of() : adapted.adapters().ofEmbedding(embedding.weights());
    }

    /** Products that replace their outputs. */
    public void project(Projection.Input input, Projection.Product... products) {
        project(new Projection(input, List.of(products), false));
    }

    /** A product that is added to its output: a residual. */
    public void projectAdd(Projection.Input input, Projection.Product product) {
        project(new Projection(input, List.of(product), true));
    }

    private void project(Projection projection) {
        if (adapted == null) {
            step((set, it) -> set.project(projection, it.rowCount()));
        } else {
            adapted.project(projection);
        }
    }

    /** Products of rows that are grouped by expert. @param groups the groups of a batch, once it runs */
    public void projectExperts(ExpertProjection projection, ExpertGroups groups) {
        if (adapted == null) {
            step((set, it) -> set.projectExperts(projection, groups));
        } else {
            adapted.projectExperts(projection, groups);
        }
    }

    /** Applies adapters to all products that are added from now on. */
    public void use(Adapters adapters) {
        adapted = new AdaptedProducts(this, adapters);
    }

    /** Whether an adapter changes a tensor. */
    boolean adapted(String tensor) {
        return adapted != null && adapted.adapters().change(tensor);
    }

    /** What a control vector adds behind a block; an empty array: nothing. */
    float[] direction(int layer) {
        return adapted == null ? new float[0] : adapted.adapters().direction(layer);
    }

    /** Rotates, stores and attends. */
    public void attend(AttentionPlan plan) {
        step((set, it) -> set.attend(plan, it.spans()));
    }

    /**
     * Runs all steps.
     *
     * @param cancelled asked before each step
     * @return false if it was cancelled: the rows are then worthless
     */
    public boolean run(int[] ids, int firstId, int rowCount, BooleanSupplier cancelled, AttentionPlan.Span... spans) {
        batch.ids = ids;
        batch.firstId = firstId;
        batch.rowCount = rowCount;
        batch.spans = spans;
        for (Step step : steps) {
            if (cancelled.getAsBoolean()) {
                return false;
            }
            step.run(kernels, batch);
        }
        return true;
    }
}

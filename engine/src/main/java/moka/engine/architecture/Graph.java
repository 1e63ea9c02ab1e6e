package moka.engine.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import moka.engine.kernel.Activations;
import moka.engine.kernel.AttentionPlan;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.ExpertProjection;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.LowRankChange;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.kernel.LocalKernels;
import moka.engine.ops.Embedding;
import moka.engine.ops.RowScratch;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a forward pass with their memory, built once for a session by its family and run for every batch of tokens. Running allocates
 * nothing.
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
    private final Map<String, Activations> adapterRows = new HashMap<>();
    private @Nullable Adapters adapters;
    private @Nullable Predicate<Batch> condition;
    private long scratchBytes;

    /**
     * @param arena owns the memory; lives as long as the session
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

    public int maxRows() {
        return maxRows;
    }

    /** Bytes of all rows made. */
    public long scratchBytes() {
        return scratchBytes;
    }

    /** Memory for the rows of a batch. */
    public Activations rows(int columns) {
        return rows(maxRows, columns);
    }

    /** Memory for a number of rows. */
    public Activations rows(int count, int columns) {
        Activations rows = Activations.of(bytes -> kernels.memory(arena, bytes), count, columns);
        scratchBytes += rows.segment().byteSize();
        return rows;
    }

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
        return adapters == null ? List.of() : adapters.ofEmbedding(embedding.weights());
    }

    /** Products that replace their outputs. */
    public void project(Projection.Input input, Projection.Product... products) {
        project(new Projection(input, List.of(products), false));
    }

    /** A product that is added to its output: a residual. */
    public void projectAdd(Projection.Input input, Projection.Product product) {
        project(new Projection(input, List.of(product), true));
    }

    /** With the adapters of its matrices. */
    private void project(Projection projection) {
        List<Projection.Product> products = projection.products();
        Adapters.Change change = adapters == null
                ? null
                : adapters.of(products.stream().map(Projection.Product::matrix).toList()).orElse(null);
        if (change == null) {
            step((set, it) -> set.project(projection, it.rowCount()));
            return;
        }
        Activations low = adapterRows("low", maxRows, change.rank());
        var inner = new Projection(projection.input(), List.of(new Projection.Product(change.a().getFirst(), low)), false);
        List<LowRankChange.Part> parts = new ArrayList<>();
        for (Adapters.Part part : change.parts()) {
            Projection.Product product = products.get(part.matrix());
            var outer = new Projection.Product(part.b().getFirst(), product.output(), null, product.scale());
            var rows = new Projection.Input.Plain(low.columns(part.first(), part.rank()));
            parts.add(new LowRankChange.Part(part.matrix(), new Projection(rows, List.of(outer), true)));
        }
        var added = new LowRankChange(inner, parts);
        step((set, it) -> set.project(projection, added, it.rowCount()));
    }

    /** Products of rows that are grouped by expert. @param groups the groups of a batch, once it runs */
    public void projectExperts(ExpertProjection projection, ExpertGroups groups) {
        Adapters.Change change = adapters == null
                ? null
                : adapters.ofExperts(projection.products().stream().map(ExpertProjection.Product::experts).toList()).orElse(null);
        if (change == null) {
            run(projection, groups);
            return;
        }
        List<ExpertProjection.Product> products = projection.products();
        Activations low = adapterRows("low", products.getFirst().output().rows(), change.rank());
        List<ExpertProjection.Product> all = new ArrayList<>(products);
        all.add(new ExpertProjection.Product(change.a(), low, List.of(), new float[0]));
        run(new ExpertProjection(projection.input(), all, projection.gathered(), projection.interleaved()), groups);
        for (Adapters.Part part : change.parts()) {
            addExperts(products.get(part.matrix()), part.b(), low.columns(part.first(), part.rank()), projection.interleaved(), groups);
        }
    }

    /** Adds {@code B low} to the rows of a product; its results have rows of their own, since products of experts replace what was there. */
    private void addExperts(ExpertProjection.Product product, List<Matrix> b, Activations low, boolean interleaved, ExpertGroups groups) {
        Activations output = product.output();
        Activations change = adapterRows("added", output.rows(), output.columns());
        var added = new ExpertProjection.Product(b, change, List.of(), product.scales());
        Activations ordered = interleaved ? adapterRows("lowOrdered", low.rows(), low.columns()) : null;
        run(new ExpertProjection(new Projection.Input.Plain(low), List.of(added), ordered, interleaved), groups);
        int columns = output.columns();
        WorkerTeam.Region region = (slot, worker) -> {
            float[] sum = scratch.floats(worker, 0, columns);
            float[] values = scratch.floats(worker, 1, columns);
            output.read(slot, 0, sum, 0, columns);
            change.read(slot, 0, values, 0, columns);
            for (int i = 0; i < columns; i++) {
                sum[i] += values[i];
            }
            output.write(slot, 0, sum, 0, columns);
        };
        step((set, it) -> set.spread(groups.rowCount(), region));
    }

    private void run(ExpertProjection projection, ExpertGroups groups) {
        step((set, it) -> set.projectExperts(projection, groups));
    }

    /** Rows that the steps of adapters share. @param name tells what is used at the same time apart */
    private Activations adapterRows(String name, int count, int columns) {
        return adapterRows.computeIfAbsent(name + count + "x" + columns, it -> rows(count, columns));
    }

    /** Whether an adapter changes a tensor. */
    boolean adapted(String tensor) {
        return adapters != null && adapters.change(tensor);
    }

    /** Applies adapters to all products that are added from now on. */
    public void use(Adapters adapters) {
        this.adapters = adapters;
    }

    /** What a control vector adds behind a block; an empty array: nothing. */
    float[] direction(int layer) {
        return adapters == null ? new float[0] : adapters.direction(layer);
    }

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

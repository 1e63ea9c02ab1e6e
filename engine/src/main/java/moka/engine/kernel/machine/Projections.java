package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import moka.engine.kernel.Activations;
import moka.engine.kernel.LowRankChange;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * Runs projections: the input's rows are made first, then all products share one parallel region, cut into chunks of panels ({@link PanelChunks}).
 *
 * <p>What adapters add has a region before, for A; each chunk of the main one then adds B's product to the rows it has just computed, which are in the
 * second-level cache. As a pass of its own the addition cost more than both narrow products: it read and wrote all results for 16 multiply-adds each.
 */
final class Projections {
    /** Bytes of panels that the caller multiplies with one token by itself: about as long as starting a region (adapters, routers). */
    private static final long ALONE_BYTES = 128 << 10;

    private final WorkerTeam team;
    private final RowRoutines routines;
    private final PanelMemory memory;
    private final InputStage inputs;
    private final WorkerScratch[] scratch;
    private final Repacking repacking;
    private final PanelChunks chunks;
    private final Lookahead lookahead;

    // The region that runs: written before it starts, read by all workers.
    // An array: loops over lists of changing lengths are compiled again and again.
    private Product[] products = new Product[4];
    private int productCount;
    private boolean add;
    private int rowCount;
    /** What is added to each product, and from which rows. */
    private @Nullable Product[] added = new Product[0];

    private InputStage[] addedInputs = new InputStage[0];
    private final WorkerTeam.Region multiply = this::multiplyChunk;
    /** Projections are made once for a session and layer. */
    private final Map<Projection, DecodeProjection> decoded = new IdentityHashMap<>();

    Projections(WorkerTeam team, RowRoutines routines, PanelMemory memory, Repacking repacking, Lookahead lookahead) {
        this.team = team;
        this.repacking = repacking;
        this.routines = routines;
        this.memory = memory;
        this.lookahead = lookahead;
        inputs = new InputStage(team, routines, memory);
        chunks = new PanelChunks(team.size());
        scratch = new WorkerScratch[team.size()];
        Arrays.setAll(scratch, i -> new WorkerScratch(memory));
    }

    Repacking repacking() {
        return repacking;
    }

    InputStage inputs() {
        return inputs;
    }

    WorkerScratch scratch(int worker) {
        return scratch[worker];
    }

    void run(Projection projection, @Nullable LowRankChange change, int rowCount) {
        DecodeProjection known = rowCount == 1 && change == null ? decoded.get(projection) : null;
        if (known != null) {
            decode(known);
            return;
        }
        begin(projection, rowCount);
        if (rowCount == 0) {
            return;
        }
        this.rowCount = rowCount;
        inputs.begin(projection.input());
        want(inputs);
        if (change == null) {
            inputs.make(rowCount);
            multiply();
            if (rowCount == 1 && chunks.arePacked()) {
                writeDown(projection);
            }
            return;
        }
        begin(change.inner(), rowCount);
        want(inputs);
        inputs.make(rowCount);
        multiply();
        makeAdded(change);
        begin(projection, rowCount);
        multiply();
        Arrays.fill(added, null);
    }

    /** One token, as its first time has been written down. */
    private void decode(DecodeProjection projection) {
        repacking.streamed(projection.bytes());
        projection.makeInput();
        if (projection.bytes() <= ALONE_BYTES) {
            for (int chunk = 0; chunk < projection.chunkCount(); chunk++) {
                projection.run(chunk, 0);
            }
        } else {
            lookahead.begin(projection.start());
            runTimed(projection.chunkCount(), projection);
        }
    }

    private void writeDown(Projection projection) {
        Lookahead.Start start = lookahead.start((PanelMatrix) products[0].matrix(), chunks);
        DecodeProjection.of(projection, inputs, chunks, start, memory).ifPresent(it -> decoded.put(projection, it));
    }

    private void begin(Projection projection, int rowCount) {
        products = projection.products().toArray(products);
        productCount = projection.products().size();
        add = projection.add();
        check(projection.input(), rowCount);
    }

    private void want(InputStage stage) {
        for (int i = 0; i < productCount; i++) {
            stage.want(products[i].matrix());
        }
    }

    /** The rows that the parts of a change read. */
    private void makeAdded(LowRankChange change) {
        for (int i = 0; i < change.parts().size(); i++) {
            LowRankChange.Part part = change.parts().get(i);
            begin(part.outer(), rowCount);
            while (addedInputs.length <= part.product()) {
                addedInputs = Arrays.copyOf(addedInputs, addedInputs.length + 1);
                addedInputs[addedInputs.length - 1] = new InputStage(team, routines, memory);
                added = Arrays.copyOf(added, addedInputs.length);
            }
            InputStage stage = addedInputs[part.product()];
            stage.begin(part.outer().input());
            want(stage);
            stage.make(rowCount);
            added[part.product()] = products[0];
        }
    }

    /** All products with all rows. */
    private void multiply() {
        chunks.clear();
        long bytes = 0;
        for (int i = 0; i < productCount; i++) {
            bytes += begin(products[i]);
            chunks.add((PanelMatrix) products[i].matrix(), rowCount);
            Product other = i < added.length ? added[i] : null;
            if (other != null) {
                require(other.matrix().weights().rows() == products[i].matrix().weights().rows(), 0, 0, "rows of a change");
                bytes += begin(other);
            }
        }
        int count = chunks.cut();
        if (rowCount == 1 && bytes <= ALONE_BYTES) {
            for (int chunk = 0; chunk < count; chunk++) {
                multiplyChunk(chunk, 0);
            }
        } else {
            lookahead.begin((PanelMatrix) products[0].matrix(), rowCount, chunks);
            runTimed(count, multiply);
        }
        chunks.used();
        for (Product other : added) {
            if (other != null) {
                ((PanelMatrix) other.matrix()).used();
            }
        }
    }

    /** @return bytes of the product's panels */
    private long begin(Product product) {
        PanelMatrix matrix = (PanelMatrix) product.matrix();
        repacking.begin(matrix, rowCount);
        return matrix.panelBytes() * matrix.panelCount();
    }

    /** Runs chunks that multiply, and notes what they cost. */
    void runTimed(int chunkCount, WorkerTeam.Region multiply) {
        long start = System.nanoTime();
        team.run(chunkCount, multiply);
        repacking.multiplied((System.nanoTime() - start) * team.size());
    }

    private void multiplyChunk(int chunk, int worker) {
        int index = chunks.matrix(chunk);
        multiplyChunk(products[index], inputs, add, chunk, worker);
        Product other = index < added.length ? added[index] : null;
        if (other != null) {
            multiplyChunk(other, addedInputs[index], true, chunk, worker);
        }
    }

    private void multiplyChunk(Product product, InputStage rows, boolean add, int chunk, int worker) {
        PanelMatrix matrix = (PanelMatrix) product.matrix();
        WeightKernels.InputForm form = matrix.kernels().inputForm();
        Activations output = product.output();
        MemorySegment bias = product.bias();
        var tokens = new WeightKernels.Tokens(rows.address(form), rows.stride(form), rowCount);
        var results = new WeightKernels.Results(
                output.address(0), 4L * output.stride(), bias == null ? 0 : bias.address(), product.scale(), add);
        multiply(tokens, results, matrix, chunks, chunk, scratch[worker], repacking);
    }

    /**
     * The panels of a chunk. Those that are not there are packed first: two at a time for a few rows, so that they are in the cache when they are
     * multiplied, all together for many. Where they have no place and there is one row, rows are multiplied as they lie in the file, if there are routines
     * for that.
     */
    static void multiply(
            WeightKernels.Tokens tokens,
            WeightKernels.Results results,
            PanelMatrix matrix,
            PanelChunks chunks,
            int chunk,
            WorkerScratch scratch,
            Repacking repacking) {
        int first = chunks.firstPanel(chunk);
        int end = chunks.endPanel(chunk);
        WeightKernels kernels = matrix.kernels();
        long panelBytes = matrix.panelBytes();
        boolean kept = matrix.panels() != 0;
        int whole = Math.min(end, matrix.weights().rows() / PanelFormat.ROWS);
        if (!kept && tokens.count() == 1 && whole > first && kernels.multipliesInPlace(matrix.weights().columns())) {
            kernels.multiplyInPlace(matrix.weights(), first, whole, chunks.next(chunk), tokens, results, scratch);
            first = whole;
        }
        long next = matrix.isPacked() ? chunks.next(chunk) : 0;
        int step = matrix.isPacked() || kept && tokens.count() > QuantizedKernels.STREAM_MOST ? end - first : 2;
        for (int panel = first; panel < end; panel += step) {
            int last = Math.min(panel + step, end);
            long panels = kept ? matrix.panels() + panel * panelBytes : scratch.panels(2 * panelBytes).address();
            if (!matrix.isPacked()) {
                long start = System.nanoTime();
                for (int p = panel; p < last; p++) {
                    kernels.pack(matrix.weights(), p, panels + (p - panel) * panelBytes, scratch);
                }
                repacking.packed(System.nanoTime() - start);
            }
            multiply(kernels, tokens, results, matrix, panels, panel, last, next, scratch);
        }
    }

    private static void multiply(
            WeightKernels kernels,
            WeightKernels.Tokens tokens,
            WeightKernels.Results results,
            PanelMatrix matrix,
            long address,
            int firstPanel,
            int endPanel,
            long next,
            WorkerScratch scratch) {
        int firstRow = firstPanel * PanelFormat.ROWS;
        int rows = Math.min(endPanel * PanelFormat.ROWS, matrix.weights().rows()) - firstRow;
        kernels.multiply(tokens, results, matrix.weights().columns(), new WeightKernels.Panels(address, firstRow, rows, next), scratch);
    }

    // ---- checks

    private void check(Projection.Input rows, int rowCount) {
        Activations input = InputStage.rows(rows);
        require(rowCount >= 0 && rowCount <= input.rows(), rowCount, input.rows(), "rows of input");
        switch (rows) {
            case Projection.Input.Plain plain -> {}
            case Projection.Input.RmsNormed normed ->
                require(normed.weight().byteSize() >= 4L * input.columns(), normed.weight().byteSize(), 4L * input.columns(), "bytes of a norm's weight");
            case Projection.Input.Gated gated ->
                require(gated.up().columns() == input.columns() && rowCount <= gated.up().rows(), gated.up().columns(), input.columns(), "columns of a gate");
        }
        for (int i = 0; i < productCount; i++) {
            Product product = products[i];
            WeightMatrix weights = product.matrix().weights();
            if (!(product.matrix() instanceof PanelMatrix)) {
                throw new IllegalArgumentException(weights.name() + ": prepared by another set of kernels");
            }
            require(weights.columns() == input.columns(), weights.columns(), input.columns(), weights.name());
            require(product.output().columns() >= weights.rows(), product.output().columns(), weights.rows(), weights.name());
            require(product.output().rows() >= rowCount, product.output().rows(), rowCount, weights.name());
            MemorySegment bias = product.bias();
            require(bias == null || bias.byteSize() >= 4L * weights.rows(), 0, 4L * weights.rows(), weights.name());
        }
    }

    private static void require(boolean condition, long found, long expected, String what) {
        if (!condition) {
            throw new IllegalArgumentException(what + ": found " + found + ", expected " + expected);
        }
    }
}

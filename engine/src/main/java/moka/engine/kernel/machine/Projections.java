package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;

/**
 * Runs projections: the input's rows are made first, then all products share one parallel region, cut into chunks of panels ({@link PanelChunks}).
 */
final class Projections {
    /** Bytes of panels that the caller multiplies with one token by itself: about as long as starting a region (adapters, routers). */
    private static final long ALONE_BYTES = 128 << 10;

    private final WorkerTeam team;
    private final InputStage inputs;
    private final WorkerScratch[] scratch;
    private final Repacking repacking;
    private final PanelChunks chunks;

    // The region that runs: written before it starts, read by all workers.
    // An array: loops over lists of changing lengths are compiled again and again.
    private Product[] products = new Product[4];
    private int productCount;
    private boolean add;
    private int rowCount;
    private final WorkerTeam.Region multiply = this::multiplyChunk;

    Projections(WorkerTeam team, RowRoutines routines, PanelMemory memory, Repacking repacking) {
        this.team = team;
        this.repacking = repacking;
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

    void run(Projection projection, int rowCount) {
        products = projection.products().toArray(products);
        productCount = projection.products().size();
        check(projection.input(), rowCount);
        if (rowCount == 0) {
            return;
        }
        add = projection.add();
        this.rowCount = rowCount;
        inputs.begin(projection.input());
        chunks.clear();
        long bytes = 0;
        for (int i = 0; i < productCount; i++) {
            PanelMatrix matrix = (PanelMatrix) products[i].matrix();
            inputs.want(matrix);
            repacking.begin(matrix, rowCount);
            chunks.add(matrix, rowCount);
            bytes += matrix.panelBytes() * matrix.panelCount();
        }
        inputs.make(rowCount);
        int count = chunks.cut();
        if (rowCount == 1 && bytes <= ALONE_BYTES) {
            for (int chunk = 0; chunk < count; chunk++) {
                multiplyChunk(chunk, 0);
            }
        } else {
            runTimed(count, multiply);
        }
        chunks.used();
    }

    /** Runs chunks that multiply, and notes what they cost. */
    void runTimed(int chunkCount, WorkerTeam.Region multiply) {
        long start = System.nanoTime();
        team.run(chunkCount, multiply);
        repacking.multiplied((System.nanoTime() - start) * team.size());
    }

    private void multiplyChunk(int chunk, int worker) {
        Product product = products[chunks.matrix(chunk)];
        PanelMatrix matrix = (PanelMatrix) product.matrix();
        WeightKernels kernels = matrix.kernels();
        Activations output = product.output();
        MemorySegment bias = product.bias();
        var tokens = new WeightKernels.Tokens(inputs.address(kernels.inputForm()), inputs.stride(kernels.inputForm()), rowCount);
        var results = new WeightKernels.Results(
                output.address(0), 4L * output.stride(), bias == null ? 0 : bias.address(), product.scale(), add);
        multiply(tokens, results, matrix, chunks, chunk, scratch[worker], repacking);
    }

    /**
     * The panels of a chunk. Those that are not there are packed first: two at a time for a few rows, so that they are in the cache when they are
     * multiplied, all together for many.
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

package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;

/**
 * Runs projections: the input's rows are made first, then all products share one parallel region, cut into runs of panels. A chunk takes about 30
 * to 350 µs; how chunks are cut changes no bit of a result.
 */
final class Projections {
    /** Bytes of panels that a chunk of decoding reads: about 30 µs. */
    static final long STREAMED_BYTES = 1 << 20;
    /** Bytes of panels that the caller multiplies with one token by itself: about as long as starting a region (adapters, routers). */
    private static final long ALONE_BYTES = 128 << 10;
    /** Multiply-adds of a chunk of prefill: about 350 µs. */
    static final long TILED_PRODUCTS = 140_000_000;

    private final WorkerTeam team;
    private final InputStage inputs;
    private final WorkerScratch[] scratch;
    private final Repacking repacking;

    // The region that runs: written before it starts, read by all workers.
    private List<Product> products = List.of();
    private boolean add;
    private int rowCount;
    private int[] firstChunk = new int[1];
    private int[] panelsOfChunk = new int[1];
    private final WorkerTeam.Region multiply = this::multiplyChunk;

    Projections(WorkerTeam team, RowRoutines routines, PanelMemory memory, Repacking repacking) {
        this.team = team;
        this.repacking = repacking;
        inputs = new InputStage(team, routines, memory);
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
        check(projection, rowCount);
        if (rowCount == 0) {
            return;
        }
        products = projection.products();
        add = projection.add();
        this.rowCount = rowCount;
        inputs.run(projection, rowCount);
        int count = products.size();
        if (firstChunk.length <= count) {
            firstChunk = new int[count + 1];
            panelsOfChunk = new int[count];
        }
        long bytes = 0;
        int chunks = 0;
        for (int i = 0; i < count; i++) {
            PanelMatrix matrix = (PanelMatrix) products.get(i).matrix();
            repacking.begin(matrix, rowCount);
            bytes += matrix.panelBytes() * matrix.panelCount();
            firstChunk[i] = chunks;
            panelsOfChunk[i] = panelsOfChunk(matrix);
            chunks += (matrix.panelCount() + panelsOfChunk[i] - 1) / panelsOfChunk[i];
        }
        firstChunk[count] = chunks;
        if (rowCount == 1 && bytes <= ALONE_BYTES) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                multiplyChunk(chunk, 0);
            }
        } else {
            team.run(chunks, multiply);
        }
        for (int i = 0; i < count; i++) {
            ((PanelMatrix) products.get(i).matrix()).used();
        }
    }

    private int panelsOfChunk(PanelMatrix matrix) {
        long panels;
        if (rowCount <= QuantizedKernels.STREAM_MOST) {
            panels = STREAMED_BYTES / matrix.panelBytes();
        } else {
            panels = TILED_PRODUCTS / ((long) PanelFormat.ROWS * matrix.weights().columns() * rowCount) & -2;
        }
        // At least four chunks a worker, where there are so many panels.
        long most = matrix.panelCount() / (4L * team.size()) & -2;
        return (int) Math.max(2, Math.min(panels, most));
    }

    private void multiplyChunk(int chunk, int worker) {
        int i = 0;
        while (chunk >= firstChunk[i + 1]) {
            i++;
        }
        Product product = products.get(i);
        PanelMatrix matrix = (PanelMatrix) product.matrix();
        WeightKernels kernels = matrix.kernels();
        Activations output = product.output();
        MemorySegment bias = product.bias();
        int first = (chunk - firstChunk[i]) * panelsOfChunk[i];
        int end = Math.min(first + panelsOfChunk[i], matrix.panelCount());
        var tokens = new WeightKernels.Tokens(inputs.address(kernels.inputForm()), inputs.stride(kernels.inputForm()), rowCount);
        var results = new WeightKernels.Results(
                output.address(0), 4L * output.stride(), bias == null ? 0 : bias.address(), product.scale(), add);
        multiply(tokens, results, matrix, first, end, scratch[worker]);
    }

    /**
     * Some panels of a matrix. Those that are not there are packed first: two at a time for a few rows, so that they are in the cache when they are
     * multiplied, all together for many.
     */
    static void multiply(
            WeightKernels.Tokens tokens, WeightKernels.Results results, PanelMatrix matrix, int first, int end, WorkerScratch scratch) {
        WeightKernels kernels = matrix.kernels();
        long panelBytes = matrix.panelBytes();
        boolean kept = matrix.panels() != 0;
        int step = matrix.isPacked() || kept && tokens.count() > QuantizedKernels.STREAM_MOST ? end - first : 2;
        for (int panel = first; panel < end; panel += step) {
            int last = Math.min(panel + step, end);
            long panels = kept ? matrix.panels() + panel * panelBytes : scratch.panels(2 * panelBytes).address();
            for (int p = panel; p < last && !matrix.isPacked(); p++) {
                kernels.pack(matrix.weights(), p, panels + (p - panel) * panelBytes, scratch);
            }
            multiply(kernels, tokens, results, matrix, panels, panel, last, scratch);
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
            WorkerScratch scratch) {
        int firstRow = firstPanel * PanelFormat.ROWS;
        int rows = Math.min(endPanel * PanelFormat.ROWS, matrix.weights().rows()) - firstRow;
        kernels.multiply(tokens, results, matrix.weights().columns(), new WeightKernels.Panels(address, firstRow, rows), scratch);
    }

    // ---- checks

    private static void check(Projection projection, int rowCount) {
        Activations input = InputStage.rows(projection.input());
        require(rowCount >= 0 && rowCount <= input.rows(), rowCount, input.rows(), "rows of input");
        switch (projection.input()) {
            case Projection.Input.Plain plain -> {}
            case Projection.Input.RmsNormed normed ->
                require(normed.weight().byteSize() >= 4L * input.columns(), normed.weight().byteSize(), 4L * input.columns(), "bytes of a norm's weight");
            case Projection.Input.Gated gated ->
                require(gated.up().columns() == input.columns() && rowCount <= gated.up().rows(), gated.up().columns(), input.columns(), "columns of a gate");
        }
        for (int i = 0; i < projection.products().size(); i++) {
            Product product = projection.products().get(i);
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

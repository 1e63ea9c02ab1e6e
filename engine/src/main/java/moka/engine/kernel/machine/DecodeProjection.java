package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Product;
import moka.engine.runtime.WorkerTeam;

/**
 * A projection of one token whose panels are packed, as calls that are the same for every token: how panels are cut into chunks, the parameters
 * of routines and all addresses are written down once. A token runs some eighty of these with a thousand chunks. Worked out anew for each, that was most of what
 * the JVM interprets, and then compiles, in the first second of decoding, on the processors that the team needs.
 *
 * <p>Addresses hold as long as the kernel set: memory of panels and rows is never given back before.
 */
final class DecodeProjection implements WorkerTeam.Region {
    private final PanelMemory memory;
    private final Lookahead.Start start;
    private final CallList input = new CallList();
    private final CallList products = new CallList();
    /** First call of each chunk, and the call behind the last. */
    private final int[] firstCall;

    private long bytes;
    /** The parameters that were written last, and where: panel after panel may have the same. */
    private long[] tail = new long[0];

    private long tailAddress;

    private DecodeProjection(int chunkCount, Lookahead.Start start, PanelMemory memory) {
        this.memory = memory;
        this.start = start;
        firstCall = new int[chunkCount + 1];
    }

    /**
     * Writes down what a run with one row did.
     *
     * @param rows made the row
     * @param chunks how the panels were cut; all are packed
     * @return empty if it takes more than calls
     */
    static Optional<DecodeProjection> of(
            Projection projection, InputStage rows, PanelChunks chunks, Lookahead.Start start, PanelMemory memory) {
        var result = new DecodeProjection(chunks.count(), start, memory);
        if (!rows.record(result.input, memory.segment(TileTail.PARAMETER_BYTES))) {
            return Optional.empty();
        }
        for (int chunk = 0; chunk < chunks.count(); chunk++) {
            Product product = projection.products().get(chunks.matrix(chunk));
            for (int panel = chunks.firstPanel(chunk); panel < chunks.endPanel(chunk); ) {
                panel += result.add(product, projection.add(), rows, panel, chunks.endPanel(chunk));
            }
            result.firstCall[chunk + 1] = result.products.count();
        }
        return Optional.of(result);
    }

    /** Adds a call for panels of a product. @return how many */
    private int add(Product product, boolean add, InputStage rows, int panel, int end) {
        PanelMatrix matrix = (PanelMatrix) product.matrix();
        WeightKernels kernels = matrix.kernels();
        WeightKernels.Single single = kernels.single(matrix.weights().columns());
        int outputs = matrix.weights().rows();
        int whole = outputs / PanelFormat.ROWS;
        // A last panel with rows that are not the matrix's by itself.
        int count = panel < whole ? Math.min(single.mostPanels(), Math.min(end, whole) - panel) : 1;
        int mask = panel < whole ? 0xFFFF : (1 << outputs % PanelFormat.ROWS) - 1;
        long rowOffset = 4L * PanelFormat.ROWS * panel;
        MemorySegment bias = product.bias();
        products.add(
                single.routine().written(),
                matrix.panels() + panel * matrix.panelBytes(),
                rows.address(kernels.inputForm()),
                0,
                product.output().address(0) + rowOffset,
                0,
                tail(single.steps(), count, bias == null ? 0 : bias.address() + rowOffset, product.scale(), add, mask));
        bytes += count * matrix.panelBytes();
        return count;
    }

    /** Address of the parameters. */
    private long tail(int steps, int count, long bias, float scale, boolean add, int mask) {
        long[] values = {steps, count, bias, Float.floatToRawIntBits(scale), add ? 1 : 0, mask};
        if (!Arrays.equals(values, tail)) {
            MemorySegment segment = memory.segment(TileTail.PARAMETER_BYTES);
            TileTail.write(segment, steps, count, bias, scale, add, mask, 0);
            tail = values;
            tailAddress = segment.address();
        }
        return tailAddress;
    }

    /** Makes the row. */
    void makeInput() {
        input.run(0, input.count());
    }

    @Override
    public void run(int chunk, int worker) {
        products.run(firstCall[chunk], firstCall[chunk + 1]);
    }

    int chunkCount() {
        return firstCall.length - 1;
    }

    /** Of panels that are read. */
    long bytes() {
        return bytes;
    }

    /** Where the threads begin to read. */
    Lookahead.Start start() {
        return start;
    }
}

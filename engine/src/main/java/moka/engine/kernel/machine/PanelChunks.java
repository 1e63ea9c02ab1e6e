package moka.engine.kernel.machine;

import java.util.Arrays;

/**
 * How the panels of a region's matrices are cut into chunks of work. Chunks are large at first, so that memory is read in long streams, and become
 * smaller towards the end, so that all threads end together: a chunk is a part of what is left. How chunks are cut changes no bit of a result.
 *
 * <p>The end of a region costs half of the last chunk on average, with every thread but one idle; the beginning of a chunk costs the time
 * until memory that was asked for ahead arrives.
 */
final class PanelChunks {
    /** Bytes of panels that one thread streams in a nanosecond, about. */
    private static final double STREAMED_BYTES = 32;
    /** Multiply-adds of tiles that one thread does in a nanosecond, about. */
    private static final double TILED_PRODUCTS = 400;

    private static final double MOST_STREAMED_NANOS = 32_000;
    private static final double LEAST_STREAMED_NANOS = 4_000;
    private static final double MOST_TILED_NANOS = 350_000;
    private static final double LEAST_TILED_NANOS = 50_000;
    /** A chunk is at most the part of the rest that each thread gets, divided by this. */
    private static final int PARTS = 2;

    private final int workers;
    private PanelMatrix[] matrices = new PanelMatrix[0];
    private double[] panelNanos = new double[0];
    private boolean[] tiled = new boolean[0];
    private int matrixCount;
    private double nanos;
    private int[] matrixOfChunk = new int[0];
    private int[] firstPanel = new int[0];
    private int chunkCount;

    PanelChunks(int workers) {
        this.workers = workers;
    }

    /** Forgets all matrices. */
    void clear() {
        matrixCount = 0;
        nanos = 0;
    }

    /** One more matrix, times a number of rows of activations. */
    void add(PanelMatrix matrix, int rowCount) {
        if (matrixCount == matrices.length) {
            int length = 2 * matrixCount + 4;
            matrices = Arrays.copyOf(matrices, length);
            panelNanos = Arrays.copyOf(panelNanos, length);
            tiled = Arrays.copyOf(tiled, length);
        }
        boolean tiles = rowCount > QuantizedKernels.STREAM_MOST;
        matrices[matrixCount] = matrix;
        tiled[matrixCount] = tiles;
        panelNanos[matrixCount] = tiles
                ? (double) PanelFormat.ROWS * matrix.weights().columns() * rowCount / TILED_PRODUCTS
                : matrix.panelBytes() / STREAMED_BYTES;
        nanos += matrix.panelCount() * panelNanos[matrixCount];
        matrixCount++;
    }

    /** Cuts the matrices that were added. @return the number of chunks */
    int cut() {
        chunkCount = 0;
        double left = nanos;
        for (int i = 0; i < matrixCount; i++) {
            int panels = matrices[i].panelCount();
            double most = tiled[i] ? MOST_TILED_NANOS : MOST_STREAMED_NANOS;
            double least = tiled[i] ? LEAST_TILED_NANOS : LEAST_STREAMED_NANOS;
            for (int panel = 0; panel < panels; ) {
                double chunkNanos = Math.clamp(left / (PARTS * workers), least, most);
                // Whole pairs, which tiles take.
                int count = Math.min(panels - panel, Math.max(2, (int) (chunkNanos / panelNanos[i]) & -2));
                begin(i, panel);
                panel += count;
                left -= count * panelNanos[i];
            }
        }
        return chunkCount;
    }

    private void begin(int matrix, int panel) {
        if (chunkCount == firstPanel.length) {
            int length = 2 * chunkCount + 32;
            matrixOfChunk = Arrays.copyOf(matrixOfChunk, length);
            firstPanel = Arrays.copyOf(firstPanel, length);
        }
        matrixOfChunk[chunkCount] = matrix;
        firstPanel[chunkCount] = panel;
        chunkCount++;
    }

    /** How many there are. */
    int count() {
        return chunkCount;
    }

    /** Whether all panels are there. */
    boolean arePacked() {
        for (int i = 0; i < matrixCount; i++) {
            if (!matrices[i].isPacked()) {
                return false;
            }
        }
        return true;
    }

    /** Index of the matrix that a chunk belongs to, in the order in which they were added. */
    int matrix(int chunk) {
        return matrixOfChunk[chunk];
    }

    /** First panel of a chunk of the first matrix, or the panel behind the matrix' last where there are fewer. */
    int beginning(int chunk) {
        return chunk < chunkCount && matrixOfChunk[chunk] == 0 ? firstPanel[chunk] : matrices[0].panelCount();
    }

    int firstPanel(int chunk) {
        return firstPanel[chunk];
    }

    /** The panel behind a chunk's last. */
    int endPanel(int chunk) {
        boolean last = chunk + 1 == chunkCount || matrixOfChunk[chunk + 1] != matrixOfChunk[chunk];
        return last ? matrices[matrixOfChunk[chunk]].panelCount() : firstPanel[chunk + 1];
    }

    /** Where that lies in memory which the thread of a chunk will probably use next; 0: nobody knows. */
    long next(int chunk) {
        int next = chunk + workers;
        if (next >= chunkCount) {
            return 0;
        }
        PanelMatrix matrix = matrices[matrixOfChunk[next]];
        long streamed = matrix.streamed();
        return streamed == 0 ? 0 : streamed + firstPanel[next] * matrix.panelBytes();
    }

    /** Called after the region: all panels were used. */
    void used() {
        for (int i = 0; i < matrixCount; i++) {
            matrices[i].used();
        }
    }
}

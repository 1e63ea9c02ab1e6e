package moka.engine.kernel.machine;

import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.machine.WeightKernels.Results;
import moka.engine.kernel.machine.WeightKernels.Tokens;

/** Multiplies rows of one format where they lie in the file, with one token: {@link RowsKernel}. */
final class RowsInPlace {
    private final PanelFormat format;
    private final LazyRoutine rows;

    RowsInPlace(PanelFormat format, KernelCode kernelCode, CodeStore code) {
        this.format = format;
        rows = code.later(() -> kernelCode.rows(format));
    }

    static boolean takes(int columns) {
        return columns % RowTerms.COLUMNS == 0;
    }

    /**
     * @param firstPanel of whole panels that follow each other
     * @param next address of what is read after these rows, or 0
     */
    void multiply(WeightMatrix weights, int firstPanel, int endPanel, long next, Tokens token, Results results, WorkerScratch scratch) {
        int columns = weights.columns();
        int blocks = columns / format.blockElements();
        int firstRow = firstPanel * PanelFormat.ROWS;
        long rowBytes = weights.rowBytes();
        long address = weights.data().address() + firstRow * rowBytes;
        // An odd number of lines, so that rows do not meet in the caches.
        long sumsStride = 4L * columns / format.scales().groupLength() / 128 * 128 + 192;
        long codes = scratch.panels(columns + PanelFormat.ROWS * sumsStride + format.panelBytes(columns)).address();
        long sums = codes + columns;
        long bias = results.bias() == 0 ? 0 : results.bias() + 4L * firstRow;
        long parameters = scratch.parameters().address();
        TileTail.write(parameters, blocks / RowScalesCode.turnBlocks(format), endPanel - firstPanel, bias, results.scale(), results.add(), 0xFFFF, 0);
        Parameters.write(parameters + RowsKernel.ROWS, address, rowBytes, token.address(), codes);
        Parameters.write(parameters + RowsKernel.SUMS, sums, sumsStride, sums + PanelFormat.ROWS * sumsStride, columns / RowTerms.COLUMNS);
        long end = address + (long) (endPanel - firstPanel) * PanelFormat.ROWS * rowBytes;
        Parameters.write(parameters + RowsKernel.BLOCKS, blocks, results.address() + 4L * firstRow, next == 0 ? end : next, address + RowsAhead.distance(rowBytes));
        Parameters.write(parameters + RowsKernel.AHEAD_TO, end, 0, 0, 0);
        rows.call(0, 0, 0, 0, 0, parameters);
    }
}

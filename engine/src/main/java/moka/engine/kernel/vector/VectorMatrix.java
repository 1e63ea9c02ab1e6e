package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.WeightMatrix;

/** Weights in place, and the kernel of their type. */
record VectorMatrix(WeightMatrix weights, RowKernel kernel) implements Matrix {
    private long rowOffset(int row) {
        return row * weights.rowBytes();
    }

    /** Multiplies rows with arranged activations: adds to a vector of sums for each. */
    void addProducts(int first, int rows, MemorySegment x, long xAt, float[] lanes, Scratch scratch) {
        ActivationOrder order = kernel.order();
        int columns = weights.columns();
        int rest = columns % order.period();
        int whole = columns - rest;
        kernel.addProducts(weights.data(), rowOffset(first), weights.rowBytes(), rows, whole, x, xAt, lanes);
        if (rest != 0) {
            long restBytes = weights.type().rowBytes(rest);
            long tailBytes = weights.type().rowBytes(order.period());
            MemorySegment tails = scratch.tails(rows * tailBytes);
            for (int r = 0; r < rows; r++) {
                long from = rowOffset(first + r + 1) - restBytes;
                MemorySegment.copy(weights.data(), from, tails, r * tailBytes, restBytes);
            }
            long restAt = xAt + 4L * (whole / order.period()) * order.arrangedPeriod();
            kernel.addProducts(tails, 0, tailBytes, rows, order.period(), x, restAt, lanes);
        }
    }

    /** Decodes columns of a row: a whole number of periods, or the rest of the row padded to them with zeros. */
    void unpack(int row, int firstColumn, int columns, float[] target, int at, Scratch scratch) {
        MemorySegment data = weights.data();
        long offset = rowOffset(row) + weights.type().rowBytes(firstColumn);
        int available = Math.min(columns, weights.columns() - firstColumn);
        int rest = available % kernel.order().period();
        int whole = available - rest;
        kernel.unpack(data, offset, whole, target, at);
        if (rest != 0) {
            long restBytes = weights.type().rowBytes(rest);
            MemorySegment tail = scratch.tails(weights.type().rowBytes(kernel.order().period()));
            MemorySegment.copy(data, offset + weights.type().rowBytes(whole), tail, 0, restBytes);
            kernel.unpack(tail, 0, kernel.order().period(), target, at + whole);
        }
    }
}

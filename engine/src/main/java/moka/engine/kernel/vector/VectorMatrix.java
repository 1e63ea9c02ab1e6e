package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.WeightMatrix;

/** Weights in place, off the heap, and the kernel of their type. */
record VectorMatrix(WeightMatrix weights, RowKernel kernel) implements Matrix {
    private long rowAddress(int row) {
        return weights.data().address() + row * weights.rowBytes();
    }

    /** Multiplies rows with arranged activations: adds to a vector of sums for each. */
    void addProducts(int first, int rows, long x, float[] lanes, Scratch scratch) {
        Arrangement order = kernel.arrangement();
        int columns = weights.columns();
        int rest = columns % order.period();
        int whole = columns - rest;
        kernel.addProducts(rowAddress(first), weights.rowBytes(), rows, whole, x, lanes);
        if (rest != 0) {
            long restBytes = weights.type().rowBytes(rest);
            long tailBytes = weights.type().rowBytes(order.period());
            MemorySegment tails = scratch.tails(rows * tailBytes);
            for (int r = 0; r < rows; r++) {
                long from = (first + r + 1) * weights.rowBytes() - restBytes;
                MemorySegment.copy(weights.data(), from, tails, r * tailBytes, restBytes);
            }
            long restAt = x + 4L * (whole / order.period()) * order.arrangedPeriod();
            kernel.addProducts(tails.address(), tailBytes, rows, order.period(), restAt, lanes);
        }
    }

    /** Decodes columns of a row: a whole number of periods, or the rest of the row padded to them with zeros. */
    void unpack(int row, int firstColumn, int columns, float[] target, int at, Scratch scratch) {
        long offset = row * weights.rowBytes() + weights.type().rowBytes(firstColumn);
        int available = Math.min(columns, weights.columns() - firstColumn);
        int rest = available % kernel.order().period();
        int whole = available - rest;
        kernel.unpack(weights.data().address() + offset, whole, target, at);
        if (rest != 0) {
            long restBytes = weights.type().rowBytes(rest);
            MemorySegment tail = scratch.tails(weights.type().rowBytes(kernel.order().period()));
            MemorySegment.copy(weights.data(), offset + weights.type().rowBytes(whole), tail, 0, restBytes);
            kernel.unpack(tail.address(), kernel.order().period(), target, at + whole);
        }
    }
}

package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.WeightMatrix;

/** Weights in place, and the kernel of their type. */
record VectorMatrix(WeightMatrix weights, RowKernel kernel) implements Matrix {
    private long rowOffset(int row) {
        return row * weights.rowBytes();
    }

    /** Multiplies one row with arranged activations: adds to a vector of sums. */
    void addProducts(int row, float[] x, int xAt, float[] lanes, int at, Scratch scratch) {
        ActivationOrder order = kernel.order();
        MemorySegment data = weights.data();
        long offset = rowOffset(row);
        int columns = weights.columns();
        int rest = columns % order.period();
        int whole = columns - rest;
        kernel.addProducts(data, offset, whole, x, xAt, lanes, at);
        if (rest != 0) {
            MemorySegment tail =
                    scratch.padded(data, offset + weights.type().rowBytes(whole), weights.type().rowBytes(rest));
            int restAt = xAt + whole / order.period() * order.arrangedPeriod();
            kernel.addProducts(tail, 0, order.period(), x, restAt, lanes, at);
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
            MemorySegment tail =
                    scratch.padded(data, offset + weights.type().rowBytes(whole), weights.type().rowBytes(rest));
            kernel.unpack(tail, 0, kernel.order().period(), target, at + whole);
        }
    }
}

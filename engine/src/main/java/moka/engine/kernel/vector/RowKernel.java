package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;

/**
 * What is special about the weights of one type: a row times a vector, and a row decoded. Both take the elements in the order
 * in which they come out of vector registers; the activations are put into that order instead ({@link ActivationOrder}).
 *
 * <p>Offsets are bytes; {@code columns} is a whole number of the order's periods. No call reads a byte beyond these columns.
 */
interface RowKernel {
    /** For people: how it works, in a few words. */
    String description();

    /** The order of elements. */
    ActivationOrder order();

    /**
     * Adds the products of rows with one vector of activations to a vector of sums for each row.
     *
     * @param offset of the first row
     * @param rowBytes from one row to the next
     * @param x the activations, arranged by {@link ActivationOrder#arrange}, from byte {@code xAt}; aligned to a vector, for loads
     *     across cache lines take twice their time
     * @param lanes the sums, from 0
     */
    void addProducts(
            MemorySegment weights,
            long offset,
            long rowBytes,
            int rows,
            int columns,
            MemorySegment x,
            long xAt,
            float[] lanes);

    /** Decodes a row, or some of it: exactly, in the order's sequence. */
    void unpack(MemorySegment weights, long offset, int columns, float[] target, int at);
}

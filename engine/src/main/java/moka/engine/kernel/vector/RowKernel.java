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
     * Adds the products of a row with one vector of activations to one vector of sums.
     *
     * @param x the activations, arranged by {@link ActivationOrder#arrange}, from {@code xAt}
     * @param lanes the sums, from {@code at}
     */
    void addProducts(MemorySegment weights, long offset, int columns, float[] x, int xAt, float[] lanes, int at);

    /** Decodes a row, or some of it: exactly, in the order's sequence. */
    void unpack(MemorySegment weights, long offset, int columns, float[] target, int at);
}

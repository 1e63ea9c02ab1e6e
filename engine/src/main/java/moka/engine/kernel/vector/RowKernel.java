package moka.engine.kernel.vector;

/**
 * What is special about the weights of one type: a row times a vector, and a row decoded. Both take the elements in the order
 * in which they come out of vector registers; the activations are put into that order instead ({@link ActivationOrder}).
 *
 * <p>Weights and activations are addresses in {@link moka.engine.runtime.ProcessMemory}; {@code columns} is a whole number of the order's
 * periods. No call reads a byte beyond these columns.
 */
interface RowKernel {
    /** For people: how it works, in a few words. */
    String description();

    /** The order of the elements of decoded rows. */
    ActivationOrder order();

    /** How activations lie for {@link #addProducts}: as float32 in the order of decoded rows, unless the kernel rounds them. */
    default Arrangement arrangement() {
        return order();
    }

    /**
     * Adds the products of rows with one vector of activations to a vector of sums for each row.
     *
     * @param weights address of the first row
     * @param rowBytes from one row to the next
     * @param columns a whole number of the arrangement's periods
     * @param x address of the activations, arranged by {@link Arrangement#arrange}; aligned to a vector, for loads across cache
     *     lines take twice their time
     * @param lanes the sums, from 0
     */
    void addProducts(long weights, long rowBytes, int rows, int columns, long x, float[] lanes);

    /** Decodes a row, or some of it: exactly, in the order's sequence. */
    void unpack(long weights, int columns, float[] target, int at);
}

package moka.quantize.search;

/**
 * Fills blocks of one tensor type such that the weighted squared error is small. Holds scratch memory: for one thread. The same values
 * and weights give the same bytes, whatever came before.
 */
public interface BlockQuantizer {
    /**
     * Quantizes blocks that follow each other.
     *
     * @param values the elements; must be finite
     * @param weights positive, one an element: what its squared error counts
     * @param offset index of the first element in both
     * @param blocks how many blocks
     * @param target receives them
     * @param targetOffset byte where the first begins
     */
    void quantize(float[] values, float[] weights, int offset, int blocks, byte[] target, int targetOffset);
}

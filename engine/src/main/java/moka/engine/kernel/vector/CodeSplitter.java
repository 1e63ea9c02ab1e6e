package moka.engine.kernel.vector;

/**
 * Takes the blocks of one type apart: value {@code i} is {@code codes[i] * scales[i / 16] + offsets[i / 16]}, exactly. Implementations work on
 * words of eight codes or vectors of sixteen, whatever the width of the kernels is.
 */
@FunctionalInterface
interface CodeSplitter {
    /** Elements of a unit: one super-block, or as many blocks as make 256. */
    int UNIT = 256;

    /** Elements that share a scale and an offset. */
    int GROUP = 16;

    /**
     * @param weights address of the first block
     * @param units how many units
     * @param offsets stay as they are where the type has no minimums
     */
    void split(long weights, int units, byte[] codes, float[] scales, float[] offsets);
}

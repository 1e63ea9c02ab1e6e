package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;

/**
 * How the activations of one token lie in memory for the products of a kernel: in periods, each of which serves a whole number of blocks of
 * weights.
 */
sealed interface Arrangement permits ActivationOrder, RoundedOrder {
    /** Elements of a period; the smallest unit of a kernel. */
    int period();

    /** Words of four bytes that one arranged period takes. */
    int arrangedPeriod();

    /** Arranges one row of activations for {@link RowKernel#addProducts}; what is missing to whole periods counts as zeros. */
    void arrange(float[] x, int offset, int columns, MemorySegment target, long targetOffset);

    /** Whether activations arranged by the other serve as well. */
    boolean same(Arrangement other);

    /** {@code columns} rounded up to whole periods. */
    default int padded(int columns) {
        return (columns + period() - 1) / period() * period();
    }

    /** Words of four bytes that an arranged vector of activations takes. */
    default int arrangedLength(int columns) {
        return padded(columns) / period() * arrangedPeriod();
    }
}

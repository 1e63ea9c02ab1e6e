package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.WeightMatrix;

/**
 * Writes rows of a type whose blocks kernels cannot read (codebooks) as blocks of a {@link PanelFormat} of our own, with the same values. In Java: it
 * happens once for each row.
 */
sealed interface RowSplitter permits PlainRows, PaletteRows {
    /** The blocks that are written. */
    PanelFormat format();

    /** Writes one row. */
    void split(WeightMatrix weights, int row, MemorySegment target, long offset);

    default long rowBytes(int columns) {
        return (long) columns / format().blockElements() * format().blockBytes();
    }
}

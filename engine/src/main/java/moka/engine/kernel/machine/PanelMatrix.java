package moka.engine.kernel.machine;

import moka.engine.kernel.Matrix;
import moka.engine.kernel.WeightMatrix;
import org.jspecify.annotations.Nullable;

/**
 * A matrix with the kernels of its type, and its panels once they are packed. Until then, or where memory is short, panels are packed each time
 * they are used: the bits are the same.
 */
final class PanelMatrix implements Matrix {
    private final WeightMatrix weights;
    private final WeightKernels kernels;
    private final long panelBytes;
    private long panels;
    private boolean packed;
    private boolean refused;
    private Lookahead.@Nullable Start start;

    PanelMatrix(WeightMatrix weights, WeightKernels kernels) {
        this.weights = weights;
        this.kernels = kernels;
        this.panelBytes = kernels.panelBytes(weights.columns());
    }

    @Override
    public WeightMatrix weights() {
        return weights;
    }

    WeightKernels kernels() {
        return kernels;
    }

    int panelCount() {
        return (weights.rows() + PanelFormat.ROWS - 1) / PanelFormat.ROWS;
    }

    long panelBytes() {
        return panelBytes;
    }

    /** Address of the panels, or 0: they have no place. */
    long panels() {
        return panels;
    }

    /** Gives the panels a place: the next region that uses the matrix fills it, panel by panel as it uses them. */
    void packInto(long address) {
        panels = address;
    }

    /** Whether the panels are there; else each is to be packed before it is used. */
    boolean isPacked() {
        return packed;
    }

    /** Address of what one token reads of the matrix, 16 rows after 16 rows: panels, or rows of the file, which are as long; 0: panels are made on the way. */
    long streamed() {
        if (packed) {
            return panels;
        }
        return panels == 0 && kernels.multipliesInPlace(weights.columns()) ? weights.data().address() : 0;
    }

    /** Called after a region that used all panels. */
    void used() {
        packed = panels != 0;
    }

    /** Whether it was decided to leave the matrix as it lies in the file. */
    boolean refused() {
        return refused;
    }

    void refuse() {
        refused = true;
    }

    /** What threads read first in the region that followed when a region began with this matrix, or null: not known. */
    Lookahead.@Nullable Start following() {
        return start;
    }

    void following(Lookahead.Start start) {
        this.start = start;
    }

    @Override
    public long extraBytes() {
        return panels == 0 ? 0 : panelBytes * panelCount();
    }
}

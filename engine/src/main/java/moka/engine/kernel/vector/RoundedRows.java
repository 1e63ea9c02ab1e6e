package moka.engine.kernel.vector;

/**
 * What kernels that round activations have in common: how activations lie, and that another kernel decodes the rows. No vectors, and no loop over them: why each
 * type has its own is in the package's description.
 */
abstract class RoundedRows implements RowKernel {
    private final RoundedOrder arrangement;
    private final RowKernel exact;

    /** @param exact decodes rows */
    RoundedRows(RoundedOrder arrangement, RowKernel exact) {
        this.arrangement = arrangement;
        this.exact = exact;
    }

    @Override
    public final String description() {
        return "16-bit products in place, activations rounded" + (arrangement.codeBytes() == 1 ? " to bytes" : "");
    }

    @Override
    public final ActivationOrder order() {
        return exact.order();
    }

    @Override
    public final Arrangement arrangement() {
        return arrangement;
    }

    @Override
    public final void unpack(long weights, int columns, float[] target, int at) {
        exact.unpack(weights, columns, target, at);
    }
}

package moka.engine.kernel.vector;

import java.lang.foreign.Arena;
import moka.engine.kernel.Projection;
import moka.engine.runtime.WorkerTeam;

/** Chooses between rows and tiles. */
final class ProjectionWork {
    /** From so many tokens on, decoding weights into an array pays. */
    private static final int TILES_FROM = 6;

    private final RowProducts rowProducts;
    private final TileProducts tileProducts;

    ProjectionWork(WorkerTeam team, int lanes, Scratch[] scratches, InputRows inputs, Elements elements, Tiles tiles, Arena arena) {
        rowProducts = new RowProducts(team, lanes, scratches, inputs, elements, arena);
        tileProducts = new TileProducts(team, lanes, scratches, inputs, tiles, arena);
    }

    void run(Projection projection, int rowCount) {
        check(projection, rowCount);
        if (rowCount == 0) {
            return;
        }
        if (rowCount < TILES_FROM) {
            rowProducts.run(projection, rowCount);
        } else {
            tileProducts.run(projection, rowCount);
        }
    }

    private static void check(Projection projection, int rowCount) {
        int columns = InputRows.columns(projection.input());
        if (rowCount < 0 || rowCount > InputRows.rows(projection.input())) {
            throw new IllegalArgumentException(
                    rowCount + " rows to project, the input has room for " + InputRows.rows(projection.input()));
        }
        for (int i = 0; i < projection.products().size(); i++) {
            Projection.Product product = projection.products().get(i);
            if (!(product.matrix() instanceof VectorMatrix matrix)) {
                throw new IllegalArgumentException("a matrix of another set of kernels: " + product.matrix());
            }
            var weights = matrix.weights();
            var output = product.output();
            if (weights.columns() != columns || output.rows() < rowCount || output.columns() < weights.rows()) {
                throw new IllegalArgumentException(weights.name() + ": " + weights.rows() + " x " + weights.columns()
                        + " times " + rowCount + " x " + columns + " into " + output.rows() + " x " + output.columns());
            }
            var bias = product.bias();
            if (bias != null && bias.byteSize() < 4L * weights.rows()) {
                throw new IllegalArgumentException(
                        weights.name() + ": a bias of " + bias.byteSize() + " bytes for " + weights.rows() + " rows");
            }
        }
    }

    long bytes() {
        return rowProducts.bytes() + tileProducts.bytes();
    }
}

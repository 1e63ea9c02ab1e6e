package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Product;

/** The tensors of one block ({@code blk.N.*}). */
record Block(Weights weights, int layer) {
    String prefix() {
        return "blk." + layer + ".";
    }

    boolean has(String name) {
        return weights.has(prefix() + name);
    }

    MemorySegment vector(String name, int length) {
        return weights.vector(prefix() + name, length);
    }

    /** Values of a small tensor of any shape. */
    float[] floats(String name, int length) {
        return weights.floats(prefix() + name, length);
    }

    Product product(String name, int columns, Activations output) {
        return weights.product(prefix() + name, columns, output);
    }

    Product product(String name, int columns, Activations output, float factor) {
        return weights.product(prefix() + name, columns, output, factor);
    }

    /** The product with as many rows of the tensor as the output has columns. */
    Product product(String name, int firstRow, int allRows, int columns, Activations output) {
        return weights.product(prefix() + name, firstRow, allRows, columns, output);
    }

    int rowCount(String name) {
        return weights.rowCount(prefix() + name);
    }

    int columnCount(String name) {
        return weights.columnCount(prefix() + name);
    }
}

package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Projection.Product;

/** The tensors of one block ({@code blk.N.*}). */
record Block(Weights weights, int layer) {
    MemorySegment vector(String name, int length) {
        return weights.vector(prefix() + name, length);
    }

    Product product(String name, int columns, Activations output) {
        return weights.product(prefix() + name, columns, output);
    }

    private String prefix() {
        return "blk." + layer + ".";
    }
}

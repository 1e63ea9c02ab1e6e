package moka.engine.architecture;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.Product;

/** The tensors of one block ({@code blk.N.*}). */
record Block(Weights weights, int layer) {
    MemorySegment vector(String name, int length) {
        return weights.vector(prefix() + name, length);
    }

    /** The product with {@code NAME.weight}; {@code NAME.bias} and the {@code NAME.scale} of NVFP4 take part where the file has them. */
    Product product(String name, int columns, Activations output) {
        int rows = output.columns();
        Matrix matrix = weights.matrix(prefix() + name + ".weight", rows, columns);
        float[] scale = weights.values(prefix() + name + ".scale");
        return new Product(
                matrix,
                output,
                weights.optionalVector(prefix() + name + ".bias", rows).orElse(null),
                scale.length == 1 ? scale[0] : 1f);
    }

    private String prefix() {
        return "blk." + layer + ".";
    }
}

package moka.quantize;

import java.util.Map;
import java.util.Optional;
import moka.quantize.method.SymmetricMatrix;

/**
 * What the methods that look at a matrix's inputs ask for. For one thread.
 *
 * @param scales by tensor: what each column's inputs are divided by, where channels were scaled
 */
record KnownInputs(MomentsByLayer moments, Map<String, float[]> scales) {
    /** Where no channels were scaled. */
    KnownInputs(MomentsByLayer moments) {
        this(moments, Map.of());
    }

    /** Sum of {@code x xᵀ} over the inputs of a matrix; empty for tensors of several matrices (experts), and where the inputs are not known. */
    Optional<SymmetricMatrix> products(SourceTensor tensor) {
        if (tensor.rows() != tensor.matrixRows()) {
            return Optional.empty();
        }
        String name = tensor.info().name();
        return moments.of(name).map(it -> it.divided(scales.get(name)).products());
    }

    /** What they were measured on. */
    String origin() {
        return moments.origin();
    }
}

package moka.engine.kernel.vector;

import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;

/** The kernel of each tensor type: one line a type. */
final class RowKernels {
    private RowKernels() {}

    static RowKernel of(TensorType type, Width width) {
        return switch (type) {
            case F32 -> width.instance(FloatRows.class, RowKernel.class);
            case F16 -> width.instance(HalfRows.class, RowKernel.class);
            case BF16 -> width.instance(BrainRows.class, RowKernel.class);
            case Q8_0 -> width.instance(Q8_0Rows.class, RowKernel.class);
            case Q4_0 -> width.instance(Q4_0Rows.class, RowKernel.class);
            case Q4_K -> width.instance(Q4_KRows.class, RowKernel.class);
            case Q5_K -> width.instance(Q5_KRows.class, RowKernel.class);
            case Q6_K -> width.instance(Q6_KRows.class, RowKernel.class);
            default -> width.instance(
                    DecodedRows.class, RowKernel.class, TensorFormat.class, TensorFormats.of(type));
        };
    }
}

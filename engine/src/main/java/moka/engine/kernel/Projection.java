package moka.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One or several matrix products that share an input, with what comes right before and after them, so that a kernel set can fuse
 * these. For each token row {@code t} and product {@code i}:
 *
 * <pre>  output_i[t] = (add ? output_i[t] : 0) + scale_i * (W_i · f(input[t])) + bias_i </pre>
 *
 * Made once for a forward pass and layer, run many times ({@link Kernels#project}).
 *
 * @param input where the rows come from, and {@code f}
 * @param products the matrices and where their results go
 * @param add whether results are added to what the output holds (a residual) instead of replacing it
 */
public record Projection(Input input, List<Product> products, boolean add) {
    public Projection {
        products = List.copyOf(products);
    }

    /**
     * @param matrix {@code W}: rows = outputs, columns = inputs
     * @param output receives rows in column order from its column 0
     * @param bias float32 values, one an output, or null
     * @param scale factor of the product (1 but for NVFP4 with a scale tensor and LoRA)
     */
    public record Product(Matrix matrix, Activations output, @Nullable MemorySegment bias, float scale) {
        public Product(Matrix matrix, Activations output) {
            this(matrix, output, null, 1f);
        }
    }

    /** What is multiplied. */
    public sealed interface Input {
        /** The rows as they are. */
        record Plain(Activations rows) implements Input {}

        /** {@code x / sqrt(mean(x²) + epsilon) * weight}; weight is float32. */
        record RmsNormed(Activations rows, MemorySegment weight, float epsilon) implements Input {}

        /** {@code function(gate) * up}, element by element. */
        record Gated(Activations gate, Activations up, GateFunction function) implements Input {}
    }

    /** The function of a gate. */
    public enum GateFunction {
        /** {@code x / (1 + e^-x)}. */
        SILU,
        /** The tanh approximation of GELU. */
        GELU_TANH,
        /** GELU by the error function. */
        GELU_ERF,
        RELU,
        /** {@code 1 / (1 + e^-x)}. */
        SIGMOID,
        /** {@code x}: a product of rows. */
        NONE
    }
}

package moka.engine.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import moka.engine.EngineException;
import moka.engine.kernel.Activations;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.WeightMatrix;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.TensorType;

/**
 * The tensors of a model as its family asks for them: by name and shape, made ready once and shared by all sessions. Safe for use by many
 * threads.
 */
public final class Weights {
    private final GgufFile file;
    private final Kernels kernels;
    private final Arena arena;
    private final Map<String, Matrix> matrices = new ConcurrentHashMap<>();
    private final Map<String, MemorySegment> vectors = new ConcurrentHashMap<>();

    /** @param arena owns what is copied; lives as long as the model */
    public Weights(GgufFile file, Kernels kernels, Arena arena) {
        this.file = file;
        this.kernels = kernels;
        this.arena = arena;
    }

    public boolean has(String name) {
        return file.tensor(name).isPresent();
    }

    /** A matrix. @throws EngineException if it is missing, of another shape, or of a type that cannot be multiplied with */
    public Matrix matrix(String name, int rows, int columns) {
        return matrices.computeIfAbsent(name, it -> {
            GgufTensor tensor = require(it, columns, rows);
            checkType(tensor);
            return kernels.prepare(new WeightMatrix(it, tensor.type(), rows, columns, tensor.data()));
        });
    }

    /**
     * The product with {@code NAME.weight}, its rows as many as the output's columns; {@code NAME.bias} and NVFP4's {@code NAME.scale} take part
     * where the file has them.
     */
    public Product product(String name, int columns, Activations output) {
        int rows = output.columns();
        Matrix matrix = matrix(name + ".weight", rows, columns);
        float[] scale = values(name + ".scale");
        return new Product(
                matrix, output, optionalVector(name + ".bias", rows).orElse(null), scale.length == 1 ? scale[0] : 1f);
    }

    /** A vector as float32, 4-byte aligned; NaN and infinite values are refused, since every logit would be lost. */
    public MemorySegment vector(String name, int length) {
        return vectors.computeIfAbsent(name, it -> {
            GgufTensor tensor = require(it, length);
            float[] values = new float[length];
            TensorFormats.of(tensor.type()).decode(tensor.data(), 0, length, values, 0);
            for (int i = 0; i < length; i++) {
                if (!Float.isFinite(values[i])) {
                    throw new EngineException(file.name() + ": tensor '" + it + "' has the value "
                            + (Float.isNaN(values[i]) ? "NaN" : String.valueOf(values[i])) + " at index " + i
                            + ", expected finite numbers: the file is damaged");
                }
            }
            MemorySegment copy = arena.allocate(4L * length, 64);
            MemorySegment.copy(values, 0, copy, ValueLayout.JAVA_FLOAT, 0, length);
            return copy;
        });
    }

    /** The vector, or empty where the file has none. */
    public Optional<MemorySegment> optionalVector(String name, int length) {
        return has(name) ? Optional.of(vector(name, length)) : Optional.empty();
    }

    /** Values of a small tensor, or an empty array where the file has none. */
    public float[] values(String name) {
        return file.tensor(name)
                .map(tensor -> {
                    float[] values = new float[Math.toIntExact(tensor.elements())];
                    TensorFormats.of(tensor.type()).decode(tensor.data(), 0, values.length, values, 0);
                    return values;
                })
                .orElse(new float[0]);
    }

    private GgufTensor require(String name, long... shape) {
        GgufTensor tensor = file.tensor(name)
                .orElseThrow(() -> new EngineException(file.name() + ": tensor '" + name + "' is missing"
                        + (name.startsWith("blk.") ? ": block_count asks for it" : "")));
        if (!Arrays.equals(trimmed(tensor.shape()), trimmed(shape))) {
            throw new EngineException(file.name() + ": tensor '" + name + "' has the shape " + text(tensor.shape())
                    + ", expected " + text(shape));
        }
        return tensor;
    }

    private void checkType(GgufTensor tensor) {
        TensorType type = tensor.type();
        switch (type) {
            case I8, I16, I32, I64, Q8_1, Q8_K -> throw new EngineException(file.name() + ": tensor '" + tensor.name()
                    + "' is of type " + type + ", expected a type for weights");
            default -> {}
        }
    }

    /** Without the ones at the end, which some writers leave out. */
    private static long[] trimmed(long[] shape) {
        int length = shape.length;
        while (length > 1 && shape[length - 1] == 1) {
            length--;
        }
        return Arrays.copyOf(shape, length);
    }

    private static String text(long[] shape) {
        return Arrays.toString(shape).replace(", ", " x ").replace("[", "").replace("]", "");
    }
}

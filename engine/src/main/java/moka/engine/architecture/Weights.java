package moka.engine.architecture;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    private final boolean exact;
    private final Map<String, Matrix> matrices = new ConcurrentHashMap<>();
    private final Map<String, MemorySegment> vectors = new ConcurrentHashMap<>();

    /** @param arena owns what is copied; lives as long as the model @param exact whether no value may be rounded again */
    public Weights(GgufFile file, Kernels kernels, Arena arena, boolean exact) {
        this.file = file;
        this.kernels = kernels;
        this.arena = arena;
        this.exact = exact;
    }

    /** {@code general.architecture}, for families that serve several. */
    public String architecture() {
        return file.metadata().requireString("general.architecture");
    }

    public boolean has(String name) {
        return file.tensor(name).isPresent();
    }

    /** A matrix. @throws EngineException if it is missing, of another shape, or of a type that cannot be multiplied with */
    public Matrix matrix(String name, int rows, int columns) {
        return matrices.computeIfAbsent(name, it -> {
            GgufTensor tensor = require(it, columns, rows);
            return kernels.prepare(new WeightMatrix(it, tensor.type(), rows, columns, tensor.data()));
        });
    }

    /** Some rows of a matrix that holds several one after the other. @param allRows rows of the tensor */
    public Matrix rows(String name, int firstRow, int rows, int allRows, int columns) {
        return matrices.computeIfAbsent(name + "[" + firstRow + "]", it -> {
            GgufTensor tensor = require(name, columns, allRows);
            return slice(tensor, firstRow, rows, columns);
        });
    }

    /** The matrices of experts or heads, one after the other in a tensor of three dimensions. */
    public List<Matrix> experts(String name, int count, int rows, int columns) {
        return experts(name, count, 0, rows, rows, columns);
    }

    /** Some rows of the matrix of each expert. @param allRows rows of an expert in the tensor */
    public List<Matrix> experts(String name, int count, int firstRow, int rows, int allRows, int columns) {
        GgufTensor tensor = require(name, columns, allRows, count);
        List<Matrix> result = new ArrayList<>(count);
        for (int expert = 0; expert < count; expert++) {
            int first = expert * allRows + firstRow;
            result.add(matrices.computeIfAbsent(name + "[" + first + "]", it -> slice(tensor, first, rows, columns)));
        }
        return result;
    }

    /** Some rows of each of the matrices that lie one after the other in a tensor of two dimensions. */
    public List<Matrix> parts(String name, int count, int firstRow, int rows, int allRows, int columns) {
        GgufTensor tensor = require(name, columns, count * allRows);
        List<Matrix> result = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int first = i * allRows + firstRow;
            result.add(matrices.computeIfAbsent(name + "[" + first + "]", it -> slice(tensor, first, rows, columns)));
        }
        return result;
    }

    /** The first rows of each of these matrices, transposed into float32; into Q8_0 where they are quantized and may be rounded. */
    public List<Matrix> transposed(String name, int count, int rows, int allRows, int columns) {
        GgufTensor tensor = require(name, columns, count * allRows);
        List<Matrix> result = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int first = i * allRows;
            result.add(matrices.computeIfAbsent(name + "[" + first + "]^T", it -> transpose(tensor, first, rows, columns)));
        }
        return result;
    }

    /** The matrices of experts or heads, each transposed as above. */
    public List<Matrix> transposedExperts(String name, int count, int rows, int columns) {
        GgufTensor tensor = require(name, columns, rows, count);
        List<Matrix> result = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int first = i * rows;
            result.add(matrices.computeIfAbsent(name + "[" + first + "]^T", it -> transpose(tensor, first, rows, columns)));
        }
        return result;
    }

    private Matrix transpose(GgufTensor tensor, int firstRow, int rows, int columns) {
        float[] values = new float[rows * columns];
        TensorFormats.of(tensor.type()).decode(tensor.data(), firstRow * tensor.type().rowBytes(columns), values.length, values, 0);
        float[] turned = new float[values.length];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                turned[column * rows + row] = values[row * columns + column];
            }
        }
        if (exact || tensor.type().blockElements() == 1 || rows % TensorType.Q8_0.blockElements() != 0) {
            return kernels.prepare(new WeightMatrix(tensor.name(), TensorType.F32, columns, rows, copy(turned)));
        }
        MemorySegment data = arena.allocate(TensorType.Q8_0.rowBytes(rows) * columns, 64);
        TensorFormats.of(TensorType.Q8_0).quantize(turned, 0, turned.length, data, 0);
        return kernels.prepare(new WeightMatrix(tensor.name(), TensorType.Q8_0, columns, rows, data));
    }

    private Matrix slice(GgufTensor tensor, int firstRow, int rows, int columns) {
        long rowBytes = tensor.type().rowBytes(columns);
        return kernels.prepare(new WeightMatrix(
                tensor.name(), tensor.type(), rows, columns, tensor.data().asSlice(firstRow * rowBytes, rows * rowBytes)));
    }

    /** Rows of a tensor: all dimensions but the first. @throws EngineException if it is missing */
    public int rowCount(String name) {
        return Math.toIntExact(require(name).rows());
    }

    /** Length of a tensor's rows. @throws EngineException if it is missing */
    public int columnCount(String name) {
        return Math.toIntExact(require(name).columns());
    }

    /**
     * The product with {@code NAME.weight}, its rows as many as the output's columns; {@code NAME.bias} and NVFP4's {@code NAME.scale} take part
     * where the file has them.
     */
    public Product product(String name, int columns, Activations output) {
        return product(name, columns, output, 1);
    }

    /** The product times a factor. */
    public Product product(String name, int columns, Activations output, float factor) {
        int rows = output.columns();
        Matrix matrix = matrix(name + ".weight", rows, columns);
        float[] scale = values(name + ".scale");
        return new Product(
                matrix,
                output,
                has(name + ".bias") ? scaledVector(name + ".bias", rows, factor) : null,
                scale.length == 1 ? scale[0] * factor : factor);
    }

    /** The product with some rows of {@code NAME.weight}, as many as the output has columns. @param allRows rows of the tensor */
    public Product product(String name, int firstRow, int allRows, int columns, Activations output) {
        int rows = output.columns();
        Matrix matrix = rows(name + ".weight", firstRow, rows, allRows, columns);
        MemorySegment bias = optionalVector(name + ".bias", allRows).map(it -> it.asSlice(4L * firstRow, 4L * rows)).orElse(null);
        float[] scale = values(name + ".scale");
        return new Product(matrix, output, bias, scale.length == 1 ? scale[0] : 1f);
    }

    /** A vector times a factor. */
    public MemorySegment scaledVector(String name, int length, float factor) {
        MemorySegment vector = vector(name, length);
        return factor == 1 ? vector : vectors.computeIfAbsent(name + " * " + factor, it -> {
            MemorySegment copy = arena.allocate(4L * length, 64);
            for (int i = 0; i < length; i++) {
                copy.setAtIndex(ValueLayout.JAVA_FLOAT, i, factor * vector.getAtIndex(ValueLayout.JAVA_FLOAT, i));
            }
            return copy;
        });
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
            return copy(values);
        });
    }

    /** A tensor of any shape as float32 one after the other. @throws EngineException if it has another number of values */
    public MemorySegment matrixValues(String name, int length) {
        return vectors.computeIfAbsent(name, it -> copy(floats(it, length)));
    }

    private MemorySegment copy(float[] values) {
        MemorySegment copy = arena.allocate(4L * values.length, 64);
        MemorySegment.copy(values, 0, copy, ValueLayout.JAVA_FLOAT, 0, values.length);
        return copy;
    }

    /** The vector, or empty where the file has none. */
    public Optional<MemorySegment> optionalVector(String name, int length) {
        return has(name) ? Optional.of(vector(name, length)) : Optional.empty();
    }

    /** Values of a small tensor of any shape. @throws EngineException if it has another number of values */
    public float[] floats(String name, int length) {
        GgufTensor tensor = require(name);
        if (tensor.elements() != length) {
            throw new EngineException(file.name() + ": tensor '" + name + "' has " + tensor.elements() + " values, expected " + length);
        }
        return values(name);
    }

    /** Values of a small tensor, or an empty array where the file has none. @throws EngineException if it has another number of values */
    public float[] optionalFloats(String name, int length) {
        return has(name) ? floats(name, length) : new float[0];
    }

    /** Values of a small tensor of which the first are used, or an empty array where the file has none. @throws EngineException if it has fewer */
    public float[] optionalFirstFloats(String name, int count) {
        float[] values = values(name);
        if (has(name) && values.length < count) {
            throw new EngineException(file.name() + ": tensor '" + name + "' has " + values.length + " values, expected " + count + " or more");
        }
        return values;
    }

    private float[] values(String name) {
        return file.tensor(name)
                .map(tensor -> {
                    float[] values = new float[Math.toIntExact(tensor.elements())];
                    TensorFormats.of(tensor.type()).decode(tensor.data(), 0, values.length, values, 0);
                    return values;
                })
                .orElse(new float[0]);
    }

    private GgufTensor require(String name) {
        return file.tensor(name)
                .orElseThrow(() -> new EngineException(file.name() + ": tensor '" + name + "' is missing"
                        + (name.startsWith("blk.") ? ": block_count asks for it" : "")));
    }

    private GgufTensor require(String name, long... shape) {
        GgufTensor tensor = require(name);
        if (!Arrays.equals(trimmed(tensor.shape()), trimmed(shape))) {
            throw new EngineException(file.name() + ": tensor '" + name + "' has the shape " + text(tensor.shape())
                    + ", expected " + text(shape));
        }
        return tensor;
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

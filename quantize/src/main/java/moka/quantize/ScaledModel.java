package moka.quantize;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.gguf.GgufTensorInfo;
import moka.gguf.Metadata;

/**
 * A model whose channels are scaled: columns of some tensors multiplied, and what makes their inputs divided. It computes the same as the source. The
 * source stays open; closing this closes it.
 */
final class ScaledModel implements ModelSource {
    private final ModelSource source;
    private final Map<String, float[]> columnFactors = new HashMap<>();
    private final Map<String, float[]> rowFactors = new HashMap<>();

    ScaledModel(ModelSource source) {
        this.source = source;
    }

    /** Multiplies the columns of a tensor. */
    void scaleColumns(String tensor, float[] factors) {
        columnFactors.merge(tensor, factors, ScaledModel::product);
    }

    /** Divides the rows of a matrix, or the elements of a vector. */
    void divideRows(String tensor, float[] divisors) {
        float[] factors = new float[divisors.length];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = 1 / divisors[i];
        }
        rowFactors.merge(tensor, factors, ScaledModel::product);
    }

    private static float[] product(float[] a, float[] b) {
        float[] result = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            result[i] = a[i] * b[i];
        }
        return result;
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public Metadata metadata() {
        return source.metadata();
    }

    @Override
    public List<List<SourceTensor>> parts() {
        List<List<SourceTensor>> parts = new ArrayList<>();
        for (List<SourceTensor> part : source.parts()) {
            parts.add(part.stream().map(this::scaled).toList());
        }
        return parts;
    }

    private SourceTensor scaled(SourceTensor tensor) {
        String name = tensor.info().name();
        return columnFactors.containsKey(name) || rowFactors.containsKey(name) ? new Scaled(tensor) : tensor;
    }

    @Override
    public void checkUnchanged() {
        source.checkUnchanged();
    }

    @Override
    public void close() {
        source.close();
    }

    private final class Scaled implements SourceTensor {
        private final SourceTensor tensor;
        private final float[] columnFactor;
        private final float[] rowFactor;
        private final boolean vector;

        Scaled(SourceTensor tensor) {
            this.tensor = tensor;
            this.columnFactor = columnFactors.getOrDefault(tensor.info().name(), new float[0]);
            this.rowFactor = rowFactors.getOrDefault(tensor.info().name(), new float[0]);
            this.vector = tensor.rows() == 1 && rowFactor.length == tensor.columns();
        }

        @Override
        public GgufTensorInfo info() {
            return tensor.info();
        }

        @Override
        public Optional<MemorySegment> data() {
            return Optional.empty();
        }

        @Override
        public Optional<float[]> columnScales() {
            return columnFactor.length > 0 ? Optional.of(columnFactor) : Optional.empty();
        }

        @Override
        public void read(long firstRow, int rows, float[] target, int offset) {
            tensor.read(firstRow, rows, target, offset);
            int columns = columns();
            for (int row = 0; row < rows; row++) {
                float factor = vector || rowFactor.length == 0 ? 1 : rowFactor[Math.toIntExact(firstRow + row)];
                for (int i = 0; i < columns; i++) {
                    float column = columnFactor.length > 0 ? columnFactor[i] : vector ? rowFactor[i] : 1;
                    target[offset + row * columns + i] *= factor * column;
                }
            }
        }
    }
}

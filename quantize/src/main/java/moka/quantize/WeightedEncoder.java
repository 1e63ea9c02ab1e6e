package moka.quantize;

import java.util.Arrays;
import java.util.Optional;
import moka.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/** Stores rows to nearest, or with the least weighted error where an importance matrix knows their tensor. */
final class WeightedEncoder implements RowEncoder {
    private final RowQuantizer quantizer;
    private final float @Nullable [] weights;
    private final long matrixRows;
    private float @Nullable [] matrixWeights;
    private long matrix = -1;

    WeightedEncoder(SourceTensor tensor, TensorType type, Optional<ImportanceMatrix> importance) {
        this.quantizer = new RowQuantizer(type, true);
        tensor.columnScales().ifPresent(quantizer::ofScaledColumns);
        this.matrixRows = tensor.matrixRows();
        int matrices = (int) (tensor.rows() / matrixRows);
        this.weights = importance
                .flatMap(it -> it.weights(tensor.info().name()))
                .filter(it -> it.length == tensor.columns() * matrices)
                .orElse(null);
    }

    /** Encoders to nearest, or with the least weighted error for the tensors that the matrix knows. */
    record Weighting(Optional<ImportanceMatrix> importance) implements Factory {
        @Override
        public RowEncoder encoder(SourceTensor tensor, TensorType type) {
            return new WeightedEncoder(tensor, type, importance);
        }

        @Override
        public String origin() {
            Fingerprint matrix = new Fingerprint();
            importance.ifPresent(it -> it.entries().forEach((name, entry) -> matrix.add(name).add(entry.weights())));
            return "weighted " + matrix.text();
        }
    }

    @Override
    public TensorType type() {
        return quantizer.type();
    }

    @Override
    public void encode(float[] values, long firstRow, int rows, int columns, byte[] target, int targetOffset) {
        long now = firstRow / matrixRows;
        if (weights != null && now != matrix) {
            matrix = now;
            int first = (int) (now * columns);
            matrixWeights = Arrays.copyOfRange(weights, first, first + columns);
        }
        quantizer.quantize(values, 0, rows, columns, matrixWeights, target, targetOffset);
    }
}

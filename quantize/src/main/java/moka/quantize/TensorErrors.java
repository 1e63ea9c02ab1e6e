package moka.quantize;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;

/**
 * What types do to the products of a tensor, on some of its rows: the sum of {@code e H eᵀ}, with {@code e} the error of a row and {@code H} the sum of
 * {@code x xᵀ} over its inputs; where these are not known, of weighted squares. Only comparable within a tensor.
 */
final class TensorErrors {
    private static final int SAMPLE_ROWS = 256;

    private final RowEncoder.Factory method;
    private final MomentsByLayer moments;
    private final Optional<ImportanceMatrix> importance;
    private final WorkerTeam team;

    TensorErrors(RowEncoder.Factory method, MomentsByLayer moments, Optional<ImportanceMatrix> importance, WorkerTeam team) {
        this.method = method;
        this.moments = moments;
        this.importance = importance;
        this.team = team;
    }

    /** The errors of each type; 0 for the one that the tensor has. */
    double[] of(SourceTensor tensor, TensorType[] types) {
        int columns = tensor.columns();
        int rows = (int) Math.min(SAMPLE_ROWS, tensor.rows());
        float[] weights = weights(tensor);
        Optional<InputMoments> inputs = moments.of(tensor.info().name());
        double[][] errors = new double[types.length][rows];
        team.run(types.length * rows, (chunk, worker) -> {
            TensorType type = types[chunk / rows];
            if (type == tensor.info().type()) {
                return;
            }
            int sample = chunk % rows;
            long row = sample * tensor.rows() / rows;
            float[] values = new float[columns];
            tensor.read(row, 1, values, 0);
            byte[] bytes = new byte[Math.toIntExact(type.rowBytes(columns))];
            method.encoder(tensor, type).encode(values, row, 1, columns, bytes, 0);
            float[] back = new float[columns];
            TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, columns, back, 0);
            double[] error = new double[columns];
            double sum = 0;
            int first = (int) (row / tensor.matrixRows()) * columns;
            for (int i = 0; i < columns; i++) {
                error[i] = back[i] - values[i];
                sum += error[i] * error[i] * (weights.length == 0 ? 1 : weights[first + i]);
            }
            errors[chunk / rows][sample] = inputs.isPresent() ? inputs.get().products().quadraticForm(error) : sum;
        });
        double[] sums = new double[types.length];
        for (int i = 0; i < sums.length; i++) {
            for (double error : errors[i]) {
                sums[i] += error;
            }
        }
        return sums;
    }

    /** Those of the importance matrix, {@code [matrices][columns]}; empty where all count the same. */
    private float[] weights(SourceTensor tensor) {
        int length = Math.toIntExact(tensor.columns() * (tensor.rows() / tensor.matrixRows()));
        return importance
                .flatMap(it -> it.weights(tensor.info().name()))
                .filter(it -> it.length == length)
                .orElse(new float[0]);
    }
}

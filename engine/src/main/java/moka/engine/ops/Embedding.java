package moka.engine.ops;

import java.util.List;
import moka.engine.kernel.Activations;
import moka.engine.kernel.WeightMatrix;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;

/** Looks up the rows of tokens in the embedding matrix, straight from the file's blocks. */
public final class Embedding {
    /**
     * What adapters add to a token's row: {@code sum over r of outer(token)[r] * inner[r]}.
     *
     * @param inner {@code [rank][width]}
     */
    public record Change(Rows outer, float[][] inner) {}

    /** Some rows of a narrow matrix. */
    @FunctionalInterface
    public interface Rows {
        float[] read(int firstRow, int count);
    }

    private final WeightMatrix weights;
    private final float factor;
    private final List<Change> changes;
    private final Activations output;
    private final TensorFormat format;
    private final float[] row;

    /** @param factor of the rows, {@code changes} included @param output {@code [t][width]} */
    public Embedding(WeightMatrix weights, float factor, List<Change> changes, Activations output) {
        this.weights = weights;
        this.factor = factor;
        this.changes = List.copyOf(changes);
        this.output = output;
        this.format = TensorFormats.of(weights.type());
        this.row = new float[weights.columns()];
    }

    /** Writes the embedding of a token to a row. */
    public void run(int id, int outputRow) {
        format.decode(weights.data(), id * weights.rowBytes(), row.length, row, 0);
        for (Change change : changes) {
            float[] outer = change.outer().read(id, 1);
            for (int r = 0; r < outer.length; r++) {
                add(outer[r], change.inner()[r]);
            }
        }
        if (factor != 1) {
            for (int k = 0; k < row.length; k++) {
                row[k] *= factor;
            }
        }
        output.write(outputRow, 0, row, 0, row.length);
    }

    private void add(float by, float[] values) {
        for (int k = 0; k < row.length; k++) {
            row[k] += by * values[k];
        }
    }
}

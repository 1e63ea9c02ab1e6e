package moka.engine.ops;

import moka.engine.kernel.Activations;
import moka.engine.kernel.WeightMatrix;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;

/** Looks up the rows of tokens in the embedding matrix, straight from the file's blocks. */
public final class Embedding {
    private final WeightMatrix weights;
    private final float factor;
    private final Activations output;
    private final TensorFormat format;
    private final float[] row;

    public Embedding(WeightMatrix weights, float factor, Activations output) {
        this.weights = weights;
        this.factor = factor;
        this.output = output;
        this.format = TensorFormats.of(weights.type());
        this.row = new float[weights.columns()];
    }

    /** Writes the embedding of a token to a row. */
    public void run(int id, int outputRow) {
        format.decode(weights.data(), id * weights.rowBytes(), row.length, row, 0);
        if (factor != 1) {
            for (int k = 0; k < row.length; k++) {
                row[k] *= factor;
            }
        }
        output.write(outputRow, 0, row, 0, row.length);
    }
}

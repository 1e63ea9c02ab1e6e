package moka.engine.kernel.scalar;

import moka.engine.kernel.WeightMatrix;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import org.jspecify.annotations.Nullable;

/**
 * One row of a weight matrix, decoded, ready for products with many rows of activations. Each worker has one.
 *
 * <p>Sums are kept in double: a product of two float32 is exact in it, and so are the integer sums of a group, so
 * that what remains is the rounding of the result to float32.
 */
final class WeightRow {
    private float[] values = {};
    private byte[] codes = {};
    private float[] scales = {};
    private float[] minimums = {};
    private int columns;
    private int groupLength;
    private boolean hasMinimums;

    /**
     * Decodes a row: as integers and scales where {@code integers} is set and the type has such a form, else as
     * float32.
     */
    void load(WeightMatrix weights, int row, boolean integers) {
        TensorFormat format = TensorFormats.of(weights.type());
        TensorFormat.@Nullable IntegerForm form = integers ? format.integerForm() : null;
        long offset = row * weights.rowBytes();
        columns = weights.columns();
        if (form == null) {
            values = values.length < columns ? new float[columns] : values;
            format.decode(weights.data(), offset, columns, values, 0);
            return;
        }
        groupLength = form.groupLength();
        hasMinimums = form.hasMinimums();
        if (codes.length < columns) {
            codes = new byte[columns];
            scales = new float[columns / 16];
            minimums = new float[columns / 16];
        }
        form.split(weights.data(), offset, columns, codes, 0, scales, minimums, 0);
    }

    /** Product with one row of activations, which have codes where this row was loaded as integers. */
    double dot(RoundedActivations activations, int row) {
        return activations.hasCodes()
                ? dotCodes(activations.allCodes(), activations.allScales(), row * columns)
                : dotValues(activations.allValues(), row * columns);
    }

    private double dotValues(float[] other, int offset) {
        // Four sums, so that one addition need not wait for the one before it.
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 4 <= columns; i += 4) {
            a += (double) values[i] * other[offset + i];
            b += (double) values[i + 1] * other[offset + i + 1];
            c += (double) values[i + 2] * other[offset + i + 2];
            d += (double) values[i + 3] * other[offset + i + 3];
        }
        for (; i < columns; i++) {
            a += (double) values[i] * other[offset + i];
        }
        return a + b + (c + d);
    }

    /** Sum over groups of {@code activationScale * (scale * Σ code * activation - minimum * Σ activation)}. */
    private double dotCodes(byte[] other, float[] otherScales, int offset) {
        double sum = 0;
        for (int first = 0; first < columns; first += groupLength) {
            int products = 0;
            int activations = 0;
            for (int i = first; i < first + groupLength; i++) {
                products += codes[i] * other[offset + i];
                activations += other[offset + i];
            }
            int group = first / groupLength;
            double term = (double) scales[group] * products;
            if (hasMinimums) {
                term -= (double) minimums[group] * activations;
            }
            sum += otherScales[(offset + first) / RoundedActivations.GROUP] * term;
        }
        return sum;
    }
}

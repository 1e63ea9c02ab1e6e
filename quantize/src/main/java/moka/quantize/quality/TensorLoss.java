package moka.quantize.quality;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufTensor;
import moka.quantize.QuantizeException;

/**
 * What quantization did to one tensor.
 *
 * @param values how its values are distributed
 * @param errors how the differences are
 * @param mean of the values
 * @param deviation standard deviation of the values
 * @param rootMeanSquareError of the differences
 * @param largestError largest magnitude of a difference
 * @param columnErrors sum of squared differences of each column
 */
public record TensorLoss(
        Histogram values,
        Histogram errors,
        double mean,
        double deviation,
        double rootMeanSquareError,
        double largestError,
        double[] columnErrors) {
    private static final int BINS = 15;

    /** Counts of evenly spaced bins. @param low lower end of the first @param high upper end of the last */
    public record Histogram(double low, double high, long[] counts) {
        /** Middle of a bin. */
        public double middle(int bin) {
            return low + (high - low) * (bin + 0.5) / counts.length;
        }
    }

    /** A column and its squared error over the mean of all. */
    public record Column(int index, double share) {}

    /** A run of elements that share a scale. */
    public record Group(int first, int last, float scale, float minimum) {}

    /** Compares two tensors of one shape, row by row. @throws QuantizeException if the shapes differ */
    public static TensorLoss of(GgufTensor before, GgufTensor after) {
        if (!Arrays.equals(before.shape(), after.shape())) {
            throw new QuantizeException("tensor '" + before.name() + "' has the shape " + Arrays.toString(before.shape()) + " in one file and "
                    + Arrays.toString(after.shape()) + " in the other");
        }
        int columns = Math.toIntExact(before.columns());
        Range value = new Range();
        Range error = new Range();
        double[] columnErrors = new double[columns];
        forEachRow(before, after, columns, (original, difference) -> {
            for (int i = 0; i < columns; i++) {
                value.add(original[i]);
                error.add(difference[i]);
                columnErrors[i] += (double) difference[i] * difference[i];
            }
        });
        long[] valueCounts = new long[BINS];
        long[] errorCounts = new long[BINS];
        forEachRow(before, after, columns, (original, difference) -> {
            for (int i = 0; i < columns; i++) {
                valueCounts[value.bin(original[i])]++;
                errorCounts[error.bin(difference[i])]++;
            }
        });
        double mean = value.sum / value.count;
        return new TensorLoss(
                new Histogram(value.low, value.high, valueCounts),
                new Histogram(error.low, error.high, errorCounts),
                mean,
                Math.sqrt(Math.max(0, value.squares / value.count - mean * mean)),
                Math.sqrt(error.squares / error.count),
                Math.max(-error.low, error.high),
                columnErrors);
    }

    private interface RowVisitor {
        void visit(float[] original, float[] difference);
    }

    private static void forEachRow(GgufTensor before, GgufTensor after, int columns, RowVisitor visitor) {
        TensorFormat first = TensorFormats.of(before.type());
        TensorFormat second = TensorFormats.of(after.type());
        float[] original = new float[columns];
        float[] difference = new float[columns];
        for (long row = 0; row < before.rows(); row++) {
            first.decode(before.data(), row * before.type().rowBytes(columns), columns, original, 0);
            second.decode(after.data(), row * after.type().rowBytes(columns), columns, difference, 0);
            for (int i = 0; i < columns; i++) {
                difference[i] -= original[i];
            }
            visitor.visit(original, difference);
        }
    }

    private static final class Range {
        private double low = Double.POSITIVE_INFINITY;
        private double high = Double.NEGATIVE_INFINITY;
        private double sum;
        private double squares;
        private long count;

        void add(float value) {
            low = Math.min(low, value);
            high = Math.max(high, value);
            sum += value;
            squares += (double) value * value;
            count++;
        }

        int bin(float value) {
            return high > low ? Math.clamp((int) ((value - low) / (high - low) * BINS), 0, BINS - 1) : BINS / 2;
        }
    }

    /** Root mean square of the error over that of the values. */
    public double relativeError() {
        double size = Math.sqrt(mean * mean + deviation * deviation);
        return size > 0 ? rootMeanSquareError / size : 0;
    }

    /** Twenty times the decimal logarithm of the inverse of {@link #relativeError}. */
    public double signalToNoise() {
        return -20 * Math.log10(relativeError());
    }

    /** The columns with the largest errors. */
    public List<Column> worstColumns(int count) {
        double average = Arrays.stream(columnErrors).average().orElse(0);
        return IntStream.range(0, columnErrors.length)
                .boxed()
                .sorted(Comparator.comparingDouble(it -> -columnErrors[it]))
                .limit(count)
                .map(it -> new Column(it, average > 0 ? columnErrors[it] / average : 0))
                .toList();
    }

    /** Scales and minimums of a block, or empty for types that have none. */
    public static Optional<List<Group>> scales(GgufTensor tensor, long block) {
        TensorFormat.IntegerForm form = TensorFormats.of(tensor.type()).integerForm();
        if (form == null) {
            return Optional.empty();
        }
        int elements = tensor.type().blockElements();
        int count = elements / form.groupLength();
        float[] scales = new float[count];
        float[] minimums = new float[count];
        form.split(tensor.data(), block * tensor.type().blockBytes(), elements, new byte[elements], 0, scales, minimums, 0);
        List<Group> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            groups.add(new Group(i * form.groupLength(), (i + 1) * form.groupLength() - 1, scales[i], minimums[i]));
        }
        return Optional.of(groups);
    }
}

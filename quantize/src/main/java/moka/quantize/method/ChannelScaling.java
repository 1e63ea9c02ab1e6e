package moka.quantize.method;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Moves size between channels: the columns of a matrix are multiplied by {@code s} and its inputs divided by it, so that the product stays as it
 * is, but its quantization does not. Which {@code s} is best is searched.
 */
public final class ChannelScaling {
    /** Exponents of inputs tried. */
    private static final double[] EXPONENTS = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};

    /** Largest exponent of inputs over weights: the best where errors go with the root mean square of a group. */
    private static final double BALANCED = 0.5;

    private ChannelScaling() {}

    /** Weights {@code [rows][columns]} of a matrix. */
    public record Weights(float[] values, int rows, int columns) {
        /** The same with its columns multiplied. */
        public Weights scaled(float[] scales) {
            float[] result = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                result[i] = values[i] * scales[i % columns];
            }
            return new Weights(result, rows, columns);
        }
    }

    /**
     * Quantizes and decodes.
     */
    @FunctionalInterface
    public interface RoundTrip {
        /** @param weights what is stored @param scales by which its inputs are divided @return the weights as they come back */
        float[] apply(Weights weights, float[] scales);
    }

    /**
     * AWQ: {@code s = magnitude^a} or {@code (magnitude / weight)^a}. Of the scales that make the error of the output of no matrix larger than it is without
     * scaling, those with the smallest sum of their ratios to that; no scaling where there are none. Ratios, since errors of matrices that share an input do not
     * harm alike: those of values a hundred times more than those of queries.
     *
     * <p>The second form looks at the columns' sizes too: with inputs of mean square {@code x²} a group whose columns have the mean squares {@code w²} loses
     * {@code sum(x²/s²) * sum(s²w²)}, which is least for {@code s = sqrt(x/w)}. It undoes a channel that was made large in the inputs and small in the weights.
     *
     * @param matrices all that share the input
     * @param inputs sum of {@code x xᵀ}
     * @param magnitude mean magnitude of each input
     * @param roundTrip for each matrix
     * @param admissible what to make of scales before they are used: ties between channels
     */
    public static float[] awq(
            List<Weights> matrices,
            SymmetricMatrix inputs,
            float[] magnitude,
            List<RoundTrip> roundTrip,
            Function<float[], float[]> admissible) {
        float[] best = new float[magnitude.length];
        Arrays.fill(best, 1);
        double[] unscaled = outputErrors(matrices, inputs, roundTrip, best);
        double least = matrices.size();
        for (float[] candidate : candidates(matrices, magnitude)) {
            float[] scales = admissible.apply(candidate);
            double[] errors = outputErrors(matrices, inputs, roundTrip, scales);
            double sum = 0;
            boolean worse = false;
            for (int m = 0; m < errors.length; m++) {
                sum += unscaled[m] > 0 ? errors[m] / unscaled[m] : 1;
                worse |= errors[m] > unscaled[m];
            }
            if (!worse && sum < least) {
                least = sum;
                best = scales;
            }
        }
        return best;
    }

    private static List<float[]> candidates(List<Weights> matrices, float[] magnitude) {
        float[] sizes = columnSizes(matrices);
        float[] balanced = new float[magnitude.length];
        for (int i = 0; i < balanced.length; i++) {
            balanced[i] = Math.max(magnitude[i], 1e-8f) / Math.max(sizes[i], 1e-4f);
        }
        List<float[]> candidates = new ArrayList<>();
        for (double exponent : EXPONENTS) {
            candidates.add(powers(magnitude, exponent));
            if (exponent <= BALANCED) {
                candidates.add(powers(balanced, exponent));
            }
        }
        return candidates;
    }

    /** Root mean square of each column, as a part of that of its matrix; the mean over the matrices. */
    private static float[] columnSizes(List<Weights> matrices) {
        int columns = matrices.getFirst().columns;
        double[] sizes = new double[columns];
        for (Weights matrix : matrices) {
            double[] squares = new double[columns];
            for (int i = 0; i < matrix.values.length; i++) {
                squares[i % columns] += (double) matrix.values[i] * matrix.values[i];
            }
            double mean = Arrays.stream(squares).average().orElse(0);
            for (int i = 0; mean > 0 && i < columns; i++) {
                sizes[i] += Math.sqrt(squares[i] / mean) / matrices.size();
            }
        }
        float[] result = new float[columns];
        for (int i = 0; i < columns; i++) {
            result[i] = (float) sizes[i];
        }
        return result;
    }

    /** Powers, divided by the root of the product of the largest and the smallest: of a size around 1. */
    static float[] powers(float[] magnitude, double exponent) {
        float[] scales = new float[magnitude.length];
        double largest = 0;
        double smallest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < scales.length; i++) {
            double scale = Math.max(Math.pow(Math.max(magnitude[i], 1e-8), exponent), 1e-4);
            scales[i] = (float) scale;
            largest = Math.max(largest, scale);
            smallest = Math.min(smallest, scale);
        }
        float middle = (float) Math.sqrt(largest * smallest);
        for (int i = 0; i < scales.length; i++) {
            scales[i] /= middle;
        }
        return scales;
    }

    /**
     * SmoothQuant: {@code s = largestInput^a / largestWeight^(1-a)}: activations and weights are then equally hard to round.
     *
     * @param largestInput of each channel
     * @param matrices all that share the input
     * @param exponent 0.5 is usual
     */
    public static float[] smoothQuant(float[] largestInput, List<Weights> matrices, double exponent) {
        int columns = largestInput.length;
        float[] largestWeight = new float[columns];
        for (Weights matrix : matrices) {
            for (int i = 0; i < matrix.values.length; i++) {
                largestWeight[i % columns] = Math.max(largestWeight[i % columns], Math.abs(matrix.values[i]));
            }
        }
        // The inputs are divided by s, the weights multiplied.
        float[] scales = new float[columns];
        for (int i = 0; i < columns; i++) {
            double scale = Math.pow(Math.max(largestInput[i], 1e-5), exponent)
                    / Math.pow(Math.max(largestWeight[i], 1e-5), 1 - exponent);
            scales[i] = (float) Math.max(scale, 1e-5);
        }
        return scales;
    }

    /** {@code trace(E H Eᵀ)} of each matrix: the squared error of its outputs, on some of the rows. */
    static double[] outputErrors(
            List<Weights> matrices, SymmetricMatrix inputs, List<RoundTrip> roundTrip, float[] scales) {
        double[] errors = new double[matrices.size()];
        for (int m = 0; m < errors.length; m++) {
            Weights matrix = matrices.get(m);
            float[] back = roundTrip.get(m).apply(matrix.scaled(scales), scales);
            double[] row = new double[matrix.columns];
            for (int r = 0; r < matrix.rows; r++) {
                for (int i = 0; i < matrix.columns; i++) {
                    row[i] = back[r * matrix.columns + i] / scales[i] - matrix.values[r * matrix.columns + i];
                }
                errors[m] += inputs.quadraticForm(row);
            }
        }
        return errors;
    }
}

package moka.quantize;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import moka.engine.runtime.WorkerTeam;
import moka.quantize.method.SymmetricMatrix;
import org.jspecify.annotations.Nullable;

/**
 * What the inputs of a matrix were on some text: the sum of {@code x xᵀ}, which tells what any error of the weights does to the output, and the sizes
 * of single columns.
 *
 * @param products sum of {@code x xᵀ} over all rows seen
 * @param largest largest magnitude in each column
 * @param meanMagnitude mean magnitude in each column
 * @param rows rows seen
 */
public record InputMoments(SymmetricMatrix products, float[] largest, float[] meanMagnitude, long rows) {
    /** Mean square of each column. */
    public float[] meanSquares() {
        double[] diagonal = products.diagonal();
        float[] result = new float[diagonal.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) (diagonal[i] / Math.max(1, rows));
        }
        return result;
    }

    /** Those of inputs that are divided by scales; these where there are none. */
    InputMoments divided(float @Nullable [] scales) {
        if (scales == null) {
            return this;
        }
        int n = scales.length;
        double[][] scaled = new double[n][];
        float[] scaledLargest = Arrays.copyOf(largest, n);
        float[] scaledMean = Arrays.copyOf(meanMagnitude, n);
        for (int i = 0; i < n; i++) {
            scaled[i] = new double[i + 1];
            for (int j = 0; j <= i; j++) {
                scaled[i][j] = products.get(i, j) / ((double) scales[i] * scales[j]);
            }
            scaledLargest[i] /= scales[i];
            scaledMean[i] /= scales[i];
        }
        return new InputMoments(new SymmetricMatrix(scaled), scaledLargest, scaledMean, rows);
    }

    /**
     * Runs a calibration. Takes six bytes times the square of the columns for each group of tensors that share their input.
     *
     * @param wanted tensors to watch; tensors of several matrices (experts) are left out
     * @return by tensor; tensors that share their input share the moments
     */
    public static Map<String, InputMoments> collect(
            Calibration calibration, Predicate<String> wanted, int threads, Calibration.Listener listener) {
        Map<String, Sums> byTensor = new LinkedHashMap<>();
        try (WorkerTeam team = new WorkerTeam(threads)) {
            calibration.run(false, listener, matrixCounts -> (names, matrix, rows) -> {
                List<String> watched = names.stream()
                        .filter(it -> matrixCounts.get(it) == 1 && wanted.test(it))
                        .toList();
                if (!watched.isEmpty()) {
                    Sums sums = byTensor.computeIfAbsent(watched.getFirst(), it -> new Sums(rows[0].length));
                    watched.forEach(it -> byTensor.putIfAbsent(it, sums));
                    sums.add(rows, team);
                }
            });
        }
        Map<Sums, InputMoments> finished = new LinkedHashMap<>();
        Map<String, InputMoments> result = new LinkedHashMap<>();
        byTensor.forEach((name, sums) -> result.put(name, finished.computeIfAbsent(sums, Sums::finish)));
        return result;
    }

    private static final class Sums {
        private static final int CHUNK = 16;

        private final float[][] products;
        private final double[][] totals;
        private final float[] largest;
        private final double[] magnitudes;
        private long rows;

        Sums(int columns) {
            products = new float[columns][];
            totals = new double[columns][];
            for (int i = 0; i < columns; i++) {
                products[i] = new float[i + 1];
                totals[i] = new double[i + 1];
            }
            largest = new float[columns];
            magnitudes = new double[columns];
        }

        /** Each worker has rows of the triangle for itself: the order of additions does not depend on their number. */
        void add(float[][] inputs, WorkerTeam team) {
            int columns = products.length;
            team.run((columns + CHUNK - 1) / CHUNK, (chunk, worker) -> {
                for (int i = chunk * CHUNK; i < Math.min(columns, (chunk + 1) * CHUNK); i++) {
                    float[] sums = products[i];
                    for (float[] input : inputs) {
                        addMultiple(sums, input[i], input);
                        largest[i] = Math.max(largest[i], Math.abs(input[i]));
                        magnitudes[i] += Math.abs(input[i]);
                    }
                    // Float32 only within a batch.
                    for (int j = 0; j <= i; j++) {
                        totals[i][j] += sums[j];
                        sums[j] = 0;
                    }
                }
            });
            rows += inputs.length;
        }

        private static void addMultiple(float[] sums, float factor, float[] values) {
            for (int j = 0; j < sums.length; j++) {
                sums[j] += factor * values[j];
            }
        }

        InputMoments finish() {
            float[] mean = new float[magnitudes.length];
            for (int i = 0; i < mean.length; i++) {
                mean[i] = (float) (magnitudes[i] / Math.max(1, rows));
            }
            return new InputMoments(new SymmetricMatrix(totals), largest, mean, rows);
        }
    }
}

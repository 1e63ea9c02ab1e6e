package moka.cli.bench;

import java.util.Arrays;
import java.util.Locale;

/**
 * What was measured.
 *
 * @param model the model that was measured
 * @param kernels the kernel set
 * @param testTime when, in UTC
 * @param nanos of each run
 */
public record BenchResult(
        BenchModel model, String kernels, BenchSettings settings, BenchTest test, String testTime, long[] nanos) {

    /** Tokens per second of each run. */
    public double[] rates() {
        return Arrays.stream(nanos).mapToDouble(it -> test.timedTokens() * 1e9 / it).toArray();
    }

    public double meanRate() {
        return mean(rates());
    }

    public double rateDeviation() {
        return deviation(rates());
    }

    public double meanNanos() {
        return mean(Arrays.stream(nanos).asDoubleStream().toArray());
    }

    public double nanosDeviation() {
        return deviation(Arrays.stream(nanos).asDoubleStream().toArray());
    }

    /** {@code 123.45 ± 0.67}. */
    public String rateText() {
        return String.format(Locale.ROOT, "%.2f ± %.2f", meanRate(), rateDeviation());
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(0);
    }

    /** Of a sample: the sum of squares is divided by one less than the count. */
    private static double deviation(double[] values) {
        double mean = mean(values);
        double squares = Arrays.stream(values).map(it -> (it - mean) * (it - mean)).sum();
        return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
    }
}

package moka.quantize.quality;

/**
 * A mean and its standard error.
 *
 * @param value the mean
 * @param error its standard error
 */
public record Mean(double value, double error) {
    static Mean of(double sum, double sumOfSquares, long count) {
        double mean = sum / count;
        double variance = sumOfSquares / count - mean * mean;
        return new Mean(mean, count > 1 && variance > 0 ? Math.sqrt(variance / (count - 1)) : 0);
    }

    static Mean ofShare(long hits, long count) {
        double share = (double) hits / count;
        return new Mean(share, count > 1 ? Math.sqrt(share * (1 - share) / (count - 1)) : 0);
    }

    /** exp of the mean, with the error that goes with it. */
    Mean exp() {
        return new Mean(Math.exp(value), error * Math.exp(value));
    }
}

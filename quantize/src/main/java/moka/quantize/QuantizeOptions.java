package moka.quantize;

import java.util.Optional;

/**
 * How a model is quantized.
 *
 * @param mixture which types
 * @param overrides over the rules of the mixture
 * @param importance what the error of each column counts, where a matrix is given
 * @param allowRequantize whether tensors that are quantized already may be quantized again
 * @param keepSplit whether the result has the parts of the source
 * @param threads worker threads, the caller's included
 */
public record QuantizeOptions(
        Mixture mixture,
        TypeOverrides overrides,
        Optional<ImportanceMatrix> importance,
        boolean allowRequantize,
        boolean keepSplit,
        int threads) {
    /** A mixture by its rules, without importance matrix. */
    public static QuantizeOptions of(Mixture mixture, int threads) {
        return new QuantizeOptions(mixture, TypeOverrides.NONE, Optional.empty(), false, false, threads);
    }

    public QuantizeOptions withOverrides(TypeOverrides newOverrides) {
        return new QuantizeOptions(mixture, newOverrides, importance, allowRequantize, keepSplit, threads);
    }

    public QuantizeOptions withMixture(Mixture newMixture) {
        return new QuantizeOptions(newMixture, overrides, importance, allowRequantize, keepSplit, threads);
    }

    public QuantizeOptions withImportance(ImportanceMatrix matrix) {
        return new QuantizeOptions(mixture, overrides, Optional.of(matrix), allowRequantize, keepSplit, threads);
    }

    public QuantizeOptions withAllowRequantize(boolean allow) {
        return new QuantizeOptions(mixture, overrides, importance, allow, keepSplit, threads);
    }

    public QuantizeOptions withKeepSplit(boolean keep) {
        return new QuantizeOptions(mixture, overrides, importance, allowRequantize, keep, threads);
    }
}

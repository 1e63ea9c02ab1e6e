package moka.quantize.quality;

import java.util.Optional;

/**
 * What was measured of a model file.
 *
 * @param name of the file
 * @param type most frequent tensor type, or the mixture that the file names
 * @param bytes size of the file
 * @param bitsPerWeight bits of all tensors over their elements
 * @param divergence from the base model
 * @param answered questions answered right, where there were questions
 * @param prefillRate tokens a second of a long prompt
 * @param decodeRate tokens a second one by one
 * @param memoryBytes weights, also where they are copied into a faster layout, cache of a window and scratch
 */
public record ModelQuality(
        String name,
        String type,
        long bytes,
        double bitsPerWeight,
        Divergence.Summary divergence,
        Optional<Answered> answered,
        double prefillRate,
        double decodeRate,
        long memoryBytes) {
    /** @param right questions answered right @param total questions asked */
    public record Answered(int right, int total) {}
}

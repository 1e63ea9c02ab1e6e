package moka.engine;

/**
 * What a model needs, computed from its header.
 *
 * @param weightBytes tensors of the file (mapped, reclaimable)
 * @param repackedBytes weights copied into a faster layout
 * @param cacheBytes keys and values at {@code contextLength}
 * @param scratchBytes activations and logits
 * @param contextLength positions
 */
public record MemoryEstimate(
        long weightBytes, long repackedBytes, long cacheBytes, long scratchBytes, int contextLength) {
    /** All of it. */
    public long totalBytes() {
        return weightBytes + repackedBytes + cacheBytes + scratchBytes;
    }
}

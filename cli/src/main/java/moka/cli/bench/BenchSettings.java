package moka.cli.bench;

/**
 * How it is computed.
 *
 * @param threads threads
 * @param batch tokens of a prompt that are handed over together: the logits of the last of them are computed
 * @param microBatch tokens that are computed together
 * @param cacheTypeKeys element type of cached keys
 * @param cacheTypeValues element type of cached values
 */
public record BenchSettings(int threads, int batch, int microBatch, String cacheTypeKeys, String cacheTypeValues) {
    public BenchSettings withMicroBatch(int microBatch) {
        return new BenchSettings(threads, batch, microBatch, cacheTypeKeys, cacheTypeValues);
    }
}

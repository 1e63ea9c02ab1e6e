package moka.engine;

/**
 * What a generation cost.
 *
 * @param reusedTokens tokens of the prompt that were in the cache already
 * @param prefillTokens tokens of the prompt that were computed
 * @param prefillNanos time of that
 * @param decodeTokens tokens generated, the first included
 * @param decodeNanos time from the end of prefill to the last token
 */
public record Timings(int reusedTokens, int prefillTokens, long prefillNanos, int decodeTokens, long decodeNanos) {
    /** Computed tokens of the prompt a second; those that were in the cache do not count. 0 where no time was taken. */
    public double prefillTokensPerSecond() {
        return prefillNanos == 0 ? 0 : prefillTokens * 1e9 / prefillNanos;
    }

    /** The first token comes out of the prefill; so the rate counts the tokens after it. */
    public double decodeTokensPerSecond() {
        return decodeNanos == 0 || decodeTokens < 2 ? 0 : (decodeTokens - 1) * 1e9 / decodeNanos;
    }
}

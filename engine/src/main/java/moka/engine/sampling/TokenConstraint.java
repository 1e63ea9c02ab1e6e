package moka.engine.sampling;

/**
 * Which tokens may come next. The sampler behaves as if all others had a logit of minus infinity before its first step; where it can tell
 * the same result from a few tokens it asks {@link #allows} and never builds the mask.
 */
public interface TokenConstraint {
    /** Whether a token may come next. Cheap: cost grows with the length of the token only. */
    boolean allows(int token);

    /**
     * Bits of all tokens that may come next: token {@code id} is bit {@code id & 63} of word {@code id >> 6}. The array belongs to the
     * constraint and is valid until the next token is accepted; it has at least {@code (vocabularySize + 63) / 64} words.
     */
    long[] mask();
}

package moka.engine.sampling;

/**
 * What a {@link Sampler} needs to go on from an earlier token, next to the tokens themselves.
 *
 * @param acceptedCount tokens accepted so far
 * @param randomState state of the pseudo-random stream
 * @param mirostatMu the cut of mirostat in bits
 */
public record SamplerState(int acceptedCount, long randomState, float mirostatMu) {}

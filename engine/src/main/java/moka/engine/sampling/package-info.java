/**
 * From logits to a token id: penalties, truncation, temperature and the draw, in an order that the user may choose.
 *
 * <p>Names, defaults, order and formulas are those of llama.cpp v0.5.0. {@link moka.engine.sampling.SamplingOptions} says what to do,
 * {@link moka.engine.sampling.Sampler} does it for one sequence, {@link moka.engine.sampling.TokenConstraint} is the seam through which
 * a grammar takes tokens away.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.sampling;

/**
 * The kernels in Java's Vector API: for every machine with vectors of 128 bits or more, without machine code of our own.
 *
 * <p>On the exact path, and in products of many tokens, everything is float32: weights are decoded exactly in registers and multiplied with unrounded
 * activations; a 4-bit weight becomes a float by one shift and one bitwise operation when its bits are put straight into a mantissa
 * ({@link moka.engine.kernel.vector.ActivationOrder} tells how). For a few tokens on the fast path the types that models are made of have kernels that round activations to whole numbers of
 * some nine bits ({@link moka.engine.kernel.vector.RoundedOrder}). The Vector API has no form of the byte dot products, but products in 16-bit lanes,
 * which are twice as many as those of floats.
 *
 * <p>No class but {@link moka.engine.kernel.vector.VectorModule} and {@link moka.engine.kernel.vector.VectorKernelProvider} may be touched before
 * {@link moka.engine.kernel.vector.VectorModule#obstacle()} has said yes.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.vector;

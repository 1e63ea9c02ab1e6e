/**
 * The kernels in Java's Vector API: for every machine with vectors of 128 bits or more, without machine code of our own.
 *
 * <p>Everything is float32: weights are decoded exactly in registers and multiplied with unrounded activations, so that this set
 * is fast path and reference path in one. Why that is no loss: the Vector API has no form of the byte dot products, and its integer
 * paths end below float FMA; and a 4-bit weight becomes a float by one shift and one bitwise operation when its bits are put
 * straight into a mantissa ({@link moka.engine.kernel.vector.ActivationOrder} tells how).
 *
 * <p>No class but {@link moka.engine.kernel.vector.VectorModule} and {@link moka.engine.kernel.vector.VectorKernelProvider} may be touched before
 * {@link moka.engine.kernel.vector.VectorModule#obstacle()} has said yes.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.vector;

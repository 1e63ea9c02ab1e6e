/**
 * The kernels in Java's Vector API: for every machine with vectors of 128 bits or more, without machine code of our own.
 *
 * <p>On the exact path, and in products of many tokens, everything is float32: weights are decoded exactly in registers and multiplied with unrounded
 * activations; a 4-bit weight becomes a float by one shift and one bitwise operation when its bits are put straight into a mantissa
 * ({@link moka.engine.kernel.vector.ActivationOrder} tells how). For a few tokens on the fast path the types that models are made of have kernels that round activations to whole numbers of
 * some nine bits ({@link moka.engine.kernel.vector.RoundedOrder}). The Vector API has no form of the byte dot products, but products in 16-bit lanes,
 * which are twice as many as those of floats.
 *
 * <p>Why rows of different types repeat the same loop: a text that several of them share would take vectors as parameters or call what is special about a type, and then the compiler
 * must inline the whole of it, at each place, for vectors to stay in registers. It has little room left: a row of Q4_K is 5,000 bytes of code with all that the Vector API's methods expand to, and
 * 8,000 are the most. Measured (Zen 5, 512 bits, 2026-11-22): the parts of a super-block as a method that takes and returns vectors, called at two or four places instead of from
 * one loop, 5 to 6 weights a nanosecond instead of 26 to 33 (Q4_K, Q6_K, Q2_K), for each vector was an object. A loop, a few constants, and one method for the sums of
 * pairs is what is repeated.
 *
 * <p>No class but {@link moka.engine.kernel.vector.VectorModule} and {@link moka.engine.kernel.vector.VectorKernelProvider} may be touched before
 * {@link moka.engine.kernel.vector.VectorModule#obstacle()} has said yes.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.vector;

/**
 * Kernels in machine code that is written at start for the processor found.
 *
 * <p>Weights are kept in panels of 16 rows ({@link moka.engine.kernel.machine.PanelFormat}), activations rounded to 8 bits
 * ({@link moka.engine.kernel.machine.ActivationRow}). Each tensor type is described once, by where its codes and scales lie; from the description
 * come a kernel that streams panels (decoding), one that unpacks them for the cache, and the tiles of prefill.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.machine;

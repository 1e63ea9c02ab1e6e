/**
 * Machine code for AArch64: an assembler, as small as the kernels allow, and the routines for NEON with dot products ({@code sdot}) and, where
 * there are, products of matrices ({@code smmla}). Panels, activations and the meaning of each routine are those of {@link moka.engine.kernel.machine};
 * so is every bit of the results.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.machine.aarch64;

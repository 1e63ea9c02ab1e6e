/**
 * The meaning of the kernels, in plain Java: written to be read and believed, and what fast sets are compared with.
 * Runs everywhere.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel.scalar;

/** The seam between the forward pass and the sets of kernels that compute it. */
@org.jspecify.annotations.NullMarked
package moka.engine.kernel;

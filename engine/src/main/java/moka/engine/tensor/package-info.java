/** Tensor types, one a file: layout, exact decoding, and the description from which fast kernels are made. */
@org.jspecify.annotations.NullMarked
package moka.engine.tensor;

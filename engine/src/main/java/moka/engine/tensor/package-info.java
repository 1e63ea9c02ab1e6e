/**
 * Tensor types, one a file: layout, exact decoding, and the description from which fast kernels are made. Files are
 * named as the GGUF format spells its types ({@code Q4_K}, {@code IQ2_XS}), so that one search finds all there is.
 *
 * <p>To add a type: a constant in {@link moka.gguf.TensorType}, a file here that says how one block splits, a line in
 * {@link moka.engine.tensor.TensorFormats}, a golden file.
 */
@org.jspecify.annotations.NullMarked
package moka.engine.tensor;

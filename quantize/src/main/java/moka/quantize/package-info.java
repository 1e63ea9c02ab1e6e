/** Makes quantized models and measures them. */
@NullMarked
package moka.quantize;

import org.jspecify.annotations.NullMarked;

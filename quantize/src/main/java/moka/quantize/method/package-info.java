/** The mathematics of post-training quantization: what happens to weights before, and while, their blocks are filled. */
@NullMarked
package moka.quantize.method;

import org.jspecify.annotations.NullMarked;

/** What a model is worth: perplexity, divergence from another model, questions answered. */
@NullMarked
package moka.quantize.quality;

import org.jspecify.annotations.NullMarked;

/** Checkpoints of Hugging Face as sources of models: their tensors, configuration and vocabulary as GGUF has them. */
@NullMarked
package moka.quantize.checkpoint;

import org.jspecify.annotations.NullMarked;

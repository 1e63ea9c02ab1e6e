/** Vocabularies, encoders, and the streaming decoder. */
@org.jspecify.annotations.NullMarked
package moka.tokenizer;

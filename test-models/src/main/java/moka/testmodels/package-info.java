/** Synthetic models: random weights of any type in files that every GGUF program loads. */
@org.jspecify.annotations.NullMarked
package moka.testmodels;

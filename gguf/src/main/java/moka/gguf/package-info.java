/** The GGUF file format: memory-mapped reader, writer, metadata, tensor types as facts. */
@org.jspecify.annotations.NullMarked
package moka.gguf;

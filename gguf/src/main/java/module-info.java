/** The GGUF file format: memory-mapped reader, writer, metadata, tensor types as facts. */
module moka.gguf {
    requires static transitive org.jspecify;

    exports moka.gguf;
}

/** Quantization: smaller model files, and what they cost. */
module moka.quantize {
    requires static transitive org.jspecify;
    requires transitive moka.engine;

    exports moka.quantize;
    exports moka.quantize.checkpoint;
    exports moka.quantize.quality;
}

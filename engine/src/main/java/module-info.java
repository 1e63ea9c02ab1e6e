/** The inference engine: opens a model, runs its forward pass, samples tokens. */
module moka.engine {
    requires static transitive org.jspecify;
    requires transitive moka.gguf;
    requires transitive moka.tokenizer;
    // Events for the flight recorder.
    requires jdk.jfr;
    // Loaded at run time only where the Vector API kernels are chosen.
    requires static jdk.incubator.vector;

    exports moka.engine;
    exports moka.engine.grammar;
    exports moka.engine.sampling;
    exports moka.engine.tensor to
            moka.quantize,
            moka.cli,
            moka.benchmarks;
    exports moka.engine.kernel to
            moka.quantize,
            moka.cli,
            moka.benchmarks;
    exports moka.engine.runtime to
            moka.quantize,
            moka.cli,
            moka.benchmarks;
}

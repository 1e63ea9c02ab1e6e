/** Makes synthetic model files of any shape and type, and holds the default model. */
module moka.testmodels {
    requires static transitive org.jspecify;
    requires transitive moka.gguf;

    exports moka.models;
    exports moka.testmodels;
}

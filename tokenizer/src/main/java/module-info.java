/** Text to token ids and back; chat templates. */
module moka.tokenizer {
    requires static transitive org.jspecify;
    requires transitive moka.gguf;

    exports moka.tokenizer;
    exports moka.template;
    exports moka.template.answer;
}

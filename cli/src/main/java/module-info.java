/** The program: commands, chat, tables and progress. */
module moka.cli {
    requires static transitive org.jspecify;
    requires moka.gguf;
    requires moka.tokenizer;
    requires moka.engine;
    requires moka.quantize;
    requires moka.testmodels;
    requires info.picocli;
    requires org.jline;
    requires com.google.gson;
    // moka pull
    requires java.net.http;
    // The interrupt key stops the answer and not the program.
    requires jdk.unsupported;

    // picocli fills the options of a command by reflection.
    opens moka.cli to
            info.picocli;
}

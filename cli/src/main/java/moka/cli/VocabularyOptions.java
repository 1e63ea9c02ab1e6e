package moka.cli;

import moka.cli.terminal.Streams;
import moka.gguf.GgufFile;
import moka.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The file whose vocabulary or template is used. */
final class VocabularyOptions {
    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "Model file (default: the embedded model).")
    @Nullable String positional;

    @Option(names = {"-m", "--model"}, paramLabel = "FILE", hidden = true, description = "The same as MODEL.")
    @Nullable String model;

    boolean isGiven() {
        return model != null || positional != null;
    }

    ModelSource source() {
        return ModelSource.of(model != null ? model : positional);
    }

    Tokenizer tokenizer(GgufFile file, Streams streams) {
        Tokenizer tokenizer = Tokenizer.of(file.metadata());
        tokenizer.warnings().forEach(warning -> streams.note("moka: " + file.name() + ": " + warning));
        return tokenizer;
    }
}

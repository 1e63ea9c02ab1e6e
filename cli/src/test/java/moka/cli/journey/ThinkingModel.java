package moka.cli.journey;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import moka.gguf.GgufFile;
import moka.gguf.GgufWriter;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;
import moka.models.DefaultModel;

/**
 * The default model with two more control tokens, {@code <think>} and {@code </think>}, in the place of its last two merges. A grammar makes
 * it say what a journey wants to hear.
 */
final class ThinkingModel {
    /** Think, then answer. */
    static final String GRAMMAR = "root ::= <think> \"France is a country. Its capital is Paris.\" </think> \"\\n\\nParis, of **course**.\"";

    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String TYPES = "tokenizer.ggml.token_type";
    private static final String MERGES = "tokenizer.ggml.merges";
    private static final int CONTROL = 3;

    private ThinkingModel() {}

    static Path write(Path path) throws IOException {
        try (InputStream stream = DefaultModel.open();
                GgufFile pebble = GgufFile.of(DefaultModel.FILE_NAME, MemorySegment.ofArray(stream.readAllBytes()))) {
            List<String> tokens = new ArrayList<>(List.of(pebble.metadata().requireArray(TOKENS).strings()));
            List<String> merges = List.of(pebble.metadata().requireArray(MERGES).strings());
            long[] types = pebble.metadata().requireArray(TYPES).longs();
            int last = tokens.size() - 1;
            tokens.set(last - 1, "<think>");
            tokens.set(last, "</think>");
            types[last - 1] = CONTROL;
            types[last] = CONTROL;
            GgufWriter.copy(
                    pebble,
                    path,
                    pebble.metadata().toBuilder()
                            .setStrings(TOKENS, tokens)
                            .setStrings(MERGES, merges.subList(0, merges.size() - 2))
                            .set(TYPES, MetadataValue.integers(ValueType.INT32, types))
                            .build(),
                    GgufWriter.Options.DEFAULT);
            return path;
        }
    }
}

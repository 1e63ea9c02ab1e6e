package moka.cli;

import moka.cli.terminal.CommandFailure;
import moka.engine.SessionOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Size and form of a session's memory. */
final class ContextOptions {
    @Option(
            names = {"-c", "--context", "--ctx-size"},
            paramLabel = "N",
            description = "Tokens that the context holds (default: the model's, at most 8192).")
    int contextLength;

    @Option(
            names = {"-b", "--batch-size", "-ub", "--ubatch-size"},
            paramLabel = "N",
            hidden = true,
            description = "Tokens of a prompt computed together (default: 512).")
    int batchTokens = SessionOptions.DEFAULT.batchTokens();

    @Option(
            names = {"-ctk", "--cache-type-k"},
            paramLabel = "TYPE",
            hidden = true,
            description = "Element type of cached keys: f16 (default) or f32.")
    @Nullable String cacheTypeKeys;

    @Option(
            names = {"-ctv", "--cache-type-v"},
            paramLabel = "TYPE",
            hidden = true,
            description = "Element type of cached values: as that of keys.")
    @Nullable String cacheTypeValues;

    SessionOptions sessionOptions() {
        if (contextLength < 0) {
            throw CommandFailure.usage("--context " + contextLength + ", expected 1 or more (or 0 for the default)");
        }
        if (batchTokens < 1) {
            throw CommandFailure.usage("--batch-size " + batchTokens + ", expected 1 or more");
        }
        return SessionOptions.DEFAULT
                .withContextLength(contextLength)
                .withBatchTokens(batchTokens)
                .withCacheType(cacheType(cacheTypeKeys, cacheTypeValues));
    }

    /** The one type of keys and values: the engine keeps both alike. */
    static String cacheType(@Nullable String keys, @Nullable String values) {
        String type = keys != null ? keys : values != null ? values : SessionOptions.DEFAULT.cacheType();
        if (values != null && !values.equals(type)) {
            throw CommandFailure.usage("-ctk " + type + " with -ctv " + values + ": keys and values must have one type");
        }
        return type;
    }
}

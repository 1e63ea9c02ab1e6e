package moka.cli;

import moka.cli.terminal.CommandFailure;
import moka.engine.SessionOptions;
import picocli.CommandLine.Option;

/** Size and form of a session's memory. */
final class ContextOptions {
    @Option(
            names = {"-c", "--context", "--ctx-size"},
            paramLabel = "N",
            description = "Tokens that the context holds (default: the model's, at most 8192).")
    int contextLength;

    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "N",
            hidden = true,
            description = "Tokens of a prompt computed together (default: 512).")
    int batchTokens = SessionOptions.DEFAULT.batchTokens();

    @Option(
            names = {"-ub", "--ubatch-size"},
            paramLabel = "N",
            hidden = true,
            description = "The same; of the two the smaller one counts.")
    int microBatchTokens = Integer.MAX_VALUE;

    @Option(
            names = {"-ctk", "--cache-type-k"},
            paramLabel = "TYPE",
            hidden = true,
            description = "Element type of cached keys: f16 (default), f32, bf16, q8_0 or q4_0.")
    String cacheTypeKeys = SessionOptions.DEFAULT.keyCacheType();

    @Option(
            names = {"-ctv", "--cache-type-v"},
            paramLabel = "TYPE",
            hidden = true,
            description = "Element type of cached values: likewise.")
    String cacheTypeValues = SessionOptions.DEFAULT.valueCacheType();

    SessionOptions sessionOptions() {
        if (contextLength < 0) {
            throw CommandFailure.usage("--context " + contextLength + ", expected 1 or more (or 0 for the default)");
        }
        if (batchTokens < 1) {
            throw CommandFailure.usage("--batch-size " + batchTokens + ", expected 1 or more");
        }
        if (microBatchTokens < 1) {
            throw CommandFailure.usage("--ubatch-size " + microBatchTokens + ", expected 1 or more");
        }
        return SessionOptions.DEFAULT
                .withContextLength(contextLength)
                .withBatchTokens(computedTogether())
                .withKeyCacheType(cacheTypeKeys)
                .withValueCacheType(cacheTypeValues);
    }

    /** llama.cpp has two sizes, of what is taken and of what is computed at a time: here they are one. */
    private int computedTogether() {
        boolean onlyMicro = microBatchTokens != Integer.MAX_VALUE && batchTokens == SessionOptions.DEFAULT.batchTokens();
        return onlyMicro ? microBatchTokens : Math.min(batchTokens, microBatchTokens);
    }
}

package moka.engine;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;
import moka.engine.architecture.Hyperparameters;
import moka.engine.cache.CacheShape;
import moka.engine.cache.KvCache;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.runtime.AvailableMemory;
import moka.gguf.GgufFile;

/** What sessions over a model come to: their context, batches and cache types, the memory that takes, and whether it is there. */
final class MemoryNeeds {
    /** Weights, their repacked copy, and room for the rest. */
    private static final double REPACKED_SHARE = 2.2;

    /** What of the weights may be missing in memory, and be read from the disk for each token. */
    private static final double READ_AGAIN_SHARE = 0.25;

    /** Positions that a model must have memory for to be opened. */
    private static final int SHORT_CONTEXT = 512;

    private final GgufFile file;
    private final Hyperparameters hyperparameters;
    private final CacheShape cacheShape;
    private final int vocabularySize;
    private final boolean float32;

    MemoryNeeds(
            GgufFile file, Hyperparameters hyperparameters, CacheShape cacheShape, int vocabularySize, ModelOptions options) {
        this.file = file;
        this.hyperparameters = hyperparameters;
        this.cacheShape = cacheShape;
        this.vocabularySize = vocabularySize;
        this.float32 = options.float32();
    }

    int contextLength(SessionOptions session) {
        return session.contextLength() > 0
                ? session.contextLength()
                : Math.min(hyperparameters.contextLength(), SessionOptions.DEFAULT_CONTEXT_LENGTH);
    }

    int batchRows(SessionOptions session) {
        return Math.max(1, Math.min(session.batchTokens(), contextLength(session)));
    }

    KvCache newCache(SessionOptions session) {
        return new KvCache(cacheShape, keyType(session), valueType(session), batchRows(session));
    }

    /** @param repackedBytes weights copied into a faster layout */
    MemoryEstimate estimate(SessionOptions session, long repackedBytes) {
        int context = contextLength(session);
        int rows = batchRows(session);
        long scratch = 4L * vocabularySize * (1 + ForwardPass.HEAD_ROWS)
                + 4L * rows * (6L * hyperparameters.embeddingLength() + 2L * hyperparameters.feedForwardLength());
        return new MemoryEstimate(
                weightBytes(),
                repackedBytes,
                KvCache.bytes(cacheShape, keyType(session), valueType(session), context, rows),
                scratch,
                context);
    }

    /**
     * Looks whether weights, a short context and scratch fit.
     *
     * @return a sentence, if a part of the weights does not stay in memory
     * @throws EngineException with the numbers, if it does not fit in the memory that is left
     */
    Optional<String> checkModel() {
        OptionalLong available = AvailableMemory.bytes();
        MemoryEstimate least = estimate(SessionOptions.DEFAULT.withContextLength(Math.min(hyperparameters.contextLength(), SHORT_CONTEXT)), 0);
        return available.isEmpty() ? Optional.empty() : fit(file.name(), least, available.getAsLong());
    }

    /**
     * Weights are a mapped file, whose pages the system takes back and reads again: the rest must fit, they need not, as long as most of them do.
     *
     * @return {@link #checkModel}'s sentence
     */
    static Optional<String> fit(String name, MemoryEstimate estimate, long available) {
        long missing = estimate.totalBytes() - available;
        if (missing <= 0) {
            return Optional.empty();
        }
        if (missing > estimate.weightBytes() * READ_AGAIN_SHARE) {
            throw new EngineException(String.format(
                    Locale.ROOT,
                    "%s: needs about %.2f GB (weights %.2f, cache %.2f at %d tokens, scratch %.2f) but %.2f GB is available: use a smaller file, or close other programs",
                    name,
                    estimate.totalBytes() / 1e9,
                    estimate.weightBytes() / 1e9,
                    estimate.cacheBytes() / 1e9,
                    estimate.contextLength(),
                    estimate.scratchBytes() / 1e9,
                    available / 1e9));
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "%.2f GB of its %.2f GB of weights do not fit in memory and are read from the disk again and again: expect it to be slow",
                missing / 1e9,
                estimate.weightBytes() / 1e9));
    }

    /** @throws EngineException with the numbers, if a session does not fit in the memory that is left */
    void checkSession(SessionOptions session) {
        MemoryEstimate estimate = estimate(session, 0);
        long needed = estimate.cacheBytes() + estimate.scratchBytes();
        OptionalLong available = AvailableMemory.bytes();
        if (available.isPresent() && needed > available.getAsLong()) {
            throw new EngineException(String.format(
                    Locale.ROOT,
                    "%s: a session needs about %.2f GB (cache %.2f at %d tokens, scratch %.2f) but %.2f GB is available: use --context with a smaller number",
                    file.name(),
                    needed / 1e9,
                    estimate.cacheBytes() / 1e9,
                    estimate.contextLength(),
                    estimate.scratchBytes() / 1e9,
                    available.getAsLong() / 1e9));
        }
    }

    boolean repackedFits() {
        OptionalLong available = AvailableMemory.bytes();
        return available.isEmpty() || available.getAsLong() > weightBytes() * REPACKED_SHARE;
    }

    private long weightBytes() {
        return file.tensors().stream().mapToLong(it -> it.data().byteSize()).sum();
    }

    private ElementType keyType(SessionOptions session) {
        return cacheType(session.keyCacheType(), CacheShape.Layer::headLength);
    }

    private ElementType valueType(SessionOptions session) {
        return cacheType(session.valueCacheType(), CacheShape.Layer::valueLength);
    }

    private ElementType cacheType(String name, ToIntFunction<CacheShape.Layer> lengthOfHeads) {
        if (float32) {
            return ElementType.F32;
        }
        ElementType type = Arrays.stream(ElementType.values())
                .filter(it -> it.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() ->
                        new EngineException("cache type '" + name + "', expected f16, f32, bf16, q8_0 or q4_0"));
        for (CacheShape.Layer layer : cacheShape.layers()) {
            int length = lengthOfHeads.applyAsInt(layer);
            if (layer.kvHeadCount() > 0 && length % type.groupLength() != 0) {
                throw new EngineException("cache type " + name + " needs heads of a multiple of " + type.groupLength()
                        + " values, and " + file.name() + " has heads of " + length + ": use f16");
            }
        }
        return type;
    }
}

package moka.engine;

/**
 * How to make a session.
 *
 * @param contextLength positions that the session can hold; 0: the smaller of the model's and 8192
 * @param batchTokens tokens of a prompt computed together
 * @param keyCacheType element type of cached keys: {@code f16}, {@code f32}, {@code bf16}, {@code q8_0} or {@code q4_0}; a float32 model
 *     always uses {@code f32}
 * @param valueCacheType likewise of cached values
 */
public record SessionOptions(int contextLength, int batchTokens, String keyCacheType, String valueCacheType) {
    public static final SessionOptions DEFAULT = new SessionOptions(0, 512, "f16", "f16");

    /** Context length where none is asked for. */
    public static final int DEFAULT_CONTEXT_LENGTH = 8192;

    public SessionOptions withContextLength(int contextLength) {
        return new SessionOptions(contextLength, batchTokens, keyCacheType, valueCacheType);
    }

    public SessionOptions withBatchTokens(int batchTokens) {
        return new SessionOptions(contextLength, batchTokens, keyCacheType, valueCacheType);
    }

    /** The same type for keys and values. */
    public SessionOptions withCacheType(String cacheType) {
        return new SessionOptions(contextLength, batchTokens, cacheType, cacheType);
    }

    public SessionOptions withKeyCacheType(String keyCacheType) {
        return new SessionOptions(contextLength, batchTokens, keyCacheType, valueCacheType);
    }

    public SessionOptions withValueCacheType(String valueCacheType) {
        return new SessionOptions(contextLength, batchTokens, keyCacheType, valueCacheType);
    }
}

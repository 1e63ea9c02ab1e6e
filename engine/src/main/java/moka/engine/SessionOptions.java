package moka.engine;

/**
 * How to make a session.
 *
 * @param contextLength positions that the session can hold; 0: the smaller of the model's and 8192
 * @param batchTokens tokens of a prompt computed together
 * @param cacheType element type of keys and values: {@code f16} or {@code f32}; a float32 model always uses {@code f32}
 */
public record SessionOptions(int contextLength, int batchTokens, String cacheType) {
    public static final SessionOptions DEFAULT = new SessionOptions(0, 512, "f16");

    /** Context length where none is asked for. */
    public static final int DEFAULT_CONTEXT_LENGTH = 8192;

    public SessionOptions withContextLength(int contextLength) {
        return new SessionOptions(contextLength, batchTokens, cacheType);
    }

    public SessionOptions withBatchTokens(int batchTokens) {
        return new SessionOptions(contextLength, batchTokens, cacheType);
    }

    public SessionOptions withCacheType(String cacheType) {
        return new SessionOptions(contextLength, batchTokens, cacheType);
    }
}

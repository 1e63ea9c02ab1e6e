package moka.engine;

/** Why a generation ended. */
public enum StopReason {
    /** The model said so: an end-of-generation token. */
    END_OF_GENERATION,
    /** A stop text of the options appeared. */
    STOP_TEXT,
    /** {@link GenerationOptions#maxTokens()} was reached. */
    MAX_TOKENS,
    /** No room is left in the context. */
    CONTEXT_FULL,
    /** {@link Cancellation#cancel()} was called. */
    CANCELLED
}

package moka.engine;

import moka.gguf.OneLine;

/** A model that cannot be run, or a request that cannot be served. The message is one line that says what to do where that is known. */
public class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public EngineException(String message) {
        super(OneLine.of(message));
    }

    public EngineException(String message, Throwable cause) {
        super(OneLine.of(message), cause);
    }
}

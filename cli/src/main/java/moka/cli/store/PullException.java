package moka.cli.store;

/** A model that cannot be got. The message is one line that says what to do where that is known. */
public final class PullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PullException(String message) {
        super(message);
    }

    PullException(String message, Throwable cause) {
        super(message, cause);
    }
}

package moka.gguf;

/**
 * A file that is not what the GGUF format asks for, or that cannot be read. The message is one line: file, place, what was
 * expected, what was found.
 */
public class GgufException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GgufException(String message) {
        super(message);
    }

    public GgufException(String message, Throwable cause) {
        super(message, cause);
    }
}

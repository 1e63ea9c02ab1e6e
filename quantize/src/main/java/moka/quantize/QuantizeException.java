package moka.quantize;

import moka.gguf.OneLine;

/** What went wrong in making or measuring a quantized model, as one line for the person who reads it. */
public final class QuantizeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public QuantizeException(String message) {
        super(OneLine.of(message));
    }

    public QuantizeException(String message, Throwable cause) {
        super(OneLine.of(message), cause);
    }
}

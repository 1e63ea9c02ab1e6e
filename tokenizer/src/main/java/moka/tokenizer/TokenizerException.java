package moka.tokenizer;

import moka.gguf.OneLine;

/** A vocabulary that cannot be used, or ids that are outside of it. The message is one line. */
public class TokenizerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TokenizerException(String message) {
        super(OneLine.of(message));
    }
}

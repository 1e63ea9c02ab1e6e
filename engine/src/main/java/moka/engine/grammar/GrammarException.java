package moka.engine.grammar;

import moka.gguf.OneLine;

/**
 * A grammar or schema that cannot be used. The message is one line: the place ({@code line 3, column 7} or the path of a schema keyword such
 * as {@code #/properties/a/pattern}), what was found, what was expected.
 */
public class GrammarException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 1000;

    /** @param message what it quotes of the grammar may hold anything: it is cut where it is long, and control characters are escaped */
    public GrammarException(String message) {
        super(OneLine.of(message, LONGEST));
    }
}

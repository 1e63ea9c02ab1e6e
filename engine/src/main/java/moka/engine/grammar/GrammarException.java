package moka.engine.grammar;

/**
 * A grammar or schema that cannot be used. The message is one line: the place ({@code line 3, column 7} or the path of a schema keyword such
 * as {@code #/properties/a/pattern}), what was found, what was expected.
 */
public class GrammarException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GrammarException(String message) {
        super(message);
    }
}

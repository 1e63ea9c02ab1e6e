package moka.engine.grammar;

/** Thrown where no text satisfies a schema, though it is well-formed. */
final class UnsatisfiableException extends GrammarException {
    private static final long serialVersionUID = 1;

    UnsatisfiableException(String message) {
        super(message);
    }
}

package moka.engine.grammar;

/** A grammar that no text matches. */
final class UnmatchableException extends GrammarException {
    private static final long serialVersionUID = 1L;

    UnmatchableException() {
        super("grammar: no text matches it");
    }
}

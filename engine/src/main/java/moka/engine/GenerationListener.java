package moka.engine;

/** Told what happens while a session generates, on the thread that called. */
public interface GenerationListener {
    /** Hears nothing. */
    GenerationListener SILENT = text -> {};

    /** New text of the answer: whole characters only, never empty. */
    void onText(String text);

    /** A token was chosen (before its text is told). */
    default void onToken(int id) {}

    /** Tokens of the prompt computed so far, of those that have to be. */
    default void onPrefill(int done, int total) {}

    /** The context was full and its oldest {@code droppedTokens} tokens, after those to keep, were dropped. */
    default void onContextShift(int droppedTokens) {}
}

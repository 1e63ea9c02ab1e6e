package moka.engine;

import moka.template.answer.ToolCall;

/** Told what happens while a session generates, on the thread that called. */
public interface GenerationListener {
    /** Hears nothing. */
    GenerationListener SILENT = text -> {};

    /**
     * New text of the answer: whole characters only, never empty. Text for the user alone where the answer is parsed, see
     * {@link GenerationOptions#parseAnswer()}; else all that the model writes.
     */
    void onText(String text);

    /** New text of what the model thinks, never empty; only where the answer is parsed. */
    default void onReasoning(String text) {}

    /** A tool call with all of its arguments; only where the answer is parsed. */
    default void onToolCall(ToolCall call) {}

    /** A token was chosen (before its text is told). */
    default void onToken(int id) {}

    /** Tokens of the prompt computed so far, of those that have to be. */
    default void onPrefill(int done, int total) {}

    /** The context was full and its oldest {@code droppedTokens} tokens, after those to keep, were dropped. */
    default void onContextShift(int droppedTokens) {}
}

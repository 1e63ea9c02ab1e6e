package moka.template.answer;

/** Told the parts of an answer as they become certain, in their order, on the thread that hands in the text. */
public interface AnswerListener {
    /** Hears nothing. */
    AnswerListener SILENT = new AnswerListener() {};

    /** More text for the user, never empty. */
    default void onContent(String text) {}

    /** More of what the model thinks, never empty. */
    default void onReasoning(String text) {}

    /** A call with all of its arguments. */
    default void onToolCall(ToolCall call) {}
}

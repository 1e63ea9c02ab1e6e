package moka.template.answer;

import java.util.ArrayList;
import java.util.List;

/**
 * Where readers put what they found: tells the listener and keeps it for the end. White space beside a marker belongs to the marker and
 * goes; an answer without any marker stays as it is.
 */
final class AnswerBuilder {
    private static final String LINE_BREAK = "\n";

    private final AnswerListener listener;
    private final Stream content = new Stream(true);
    private final Stream reasoning = new Stream(false);
    private final List<ToolCall> calls = new ArrayList<>();
    private boolean marked;

    AnswerBuilder(AnswerListener listener) {
        this.listener = listener;
    }

    /** One of the two texts, with the white space that may yet turn out to stand before a marker. */
    private final class Stream {
        private final StringBuilder text = new StringBuilder();
        private final StringBuilder space = new StringBuilder();
        private final boolean forUser;
        /** Whether a marker stands before the next text. */
        private boolean atMarker;

        Stream(boolean forUser) {
            this.forUser = forUser;
            this.atMarker = !forUser;
        }

        void add(CharSequence more) {
            int end = more.length();
            while (end > 0 && Character.isWhitespace(more.charAt(end - 1))) {
                end--;
            }
            if (end > 0) {
                int begin = 0;
                if (atMarker) {
                    space.setLength(0);
                    while (Character.isWhitespace(more.charAt(begin))) {
                        begin++;
                    }
                    space.append(text.isEmpty() ? "" : LINE_BREAK);
                }
                atMarker = false;
                emit(space.append(more, begin, end).toString());
                space.setLength(0);
            }
            space.append(more, end, more.length());
        }

        void emit(String piece) {
            text.append(piece);
            if (forUser) {
                listener.onContent(piece);
            } else {
                listener.onReasoning(piece);
            }
        }

        void mark() {
            space.setLength(0);
            atMarker = true;
        }
    }

    void content(CharSequence more) {
        content.add(more);
    }

    void reasoning(CharSequence more) {
        reasoning.add(more);
    }

    /** A marker was read: the white space on both of its sides goes. */
    void marker() {
        marked = true;
        content.mark();
        reasoning.mark();
    }

    /** @param found calls whose id is empty where the model gave none */
    void calls(List<ToolCall> found) {
        for (ToolCall call : found) {
            ToolCall named = call.id().isEmpty() ? call.withId("call%05d".formatted(calls.size())) : call;
            calls.add(named);
            listener.onToolCall(named);
        }
    }

    Answer finish() {
        if (!marked && !content.space.isEmpty()) {
            content.emit(content.space.toString());
            content.space.setLength(0);
        }
        return new Answer(content.text.toString(), reasoning.text.toString(), calls);
    }
}

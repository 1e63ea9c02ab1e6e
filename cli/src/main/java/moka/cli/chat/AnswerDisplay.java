package moka.cli.chat;

import java.util.List;
import moka.cli.render.Ansi;
import moka.cli.render.MarkdownStream;
import moka.cli.render.Printable;
import moka.cli.render.WaitingLine;
import moka.cli.render.WordWrap;
import moka.cli.terminal.Streams;
import moka.engine.GenerationListener;
import moka.template.answer.Answer;
import moka.template.answer.AnswerFormat;
import moka.template.answer.AnswerListener;
import moka.template.answer.AnswerParser;
import moka.template.answer.ToolCall;

/** Shows an answer while it comes: the wait before it, reasoning dimmed or folded away, Markdown coloured. Not thread-safe. */
final class AnswerDisplay implements GenerationListener, AutoCloseable {
    private final Streams streams;
    private final int columns;
    private final boolean colour;
    private final boolean showReasoning;
    private final AnswerParser parser;
    private final MarkdownStream markdown;
    private final WordWrap wrap;
    private WaitingLine waiting;
    private boolean inReasoning;
    private boolean answerBegun;
    private boolean lineOpen;
    private long reasoningStart;

    /**
     * @param format how the model writes its answers
     * @param promptEnd the end of the prompt: it may begin the reasoning
     */
    AnswerDisplay(Streams streams, int columns, AnswerFormat format, String promptEnd, boolean showReasoning, boolean markdown) {
        this.streams = streams;
        this.columns = columns;
        this.colour = streams.colour();
        this.showReasoning = showReasoning && streams.outputIsTerminal();
        this.parser = new AnswerParser(format, new Parts(), promptEnd, List.of());
        this.markdown = new MarkdownStream(colour && markdown);
        this.wrap = new WordWrap(streams.outputIsTerminal() ? columns : 0);
        this.waiting = new WaitingLine(streams.err(), streams.errorIsTerminal(), columns, "reading");
    }

    @Override
    public void onPrefill(int done, int total) {
        waiting.at(done, total);
    }

    @Override
    public void onText(String piece) {
        parser.accept(piece);
        streams.out().flush();
    }

    /** The parts of the answer, as they become certain. */
    private final class Parts implements AnswerListener {
        @Override
        public void onContent(String text) {
            waiting.clear();
            content(text);
        }

        @Override
        public void onReasoning(String text) {
            reasoning(text);
        }

        @Override
        public void onToolCall(ToolCall call) {
            waiting.clear();
            content("\n[calls " + call.name() + " " + call.arguments() + "]\n");
        }
    }

    private void reasoning(String text) {
        if (!inReasoning) {
            inReasoning = true;
            waiting.clear();
            reasoningStart = System.nanoTime();
            if (!showReasoning) {
                waiting = new WaitingLine(streams.err(), streams.errorIsTerminal(), columns, "thinking");
            } else {
                show(colour ? Ansi.DIM : "[thinking]\n");
            }
        }
        if (showReasoning) {
            show(printable(text));
        }
    }

    private void content(String text) {
        String shown = text;
        if (inReasoning) {
            endReasoning();
        }
        if (!answerBegun) {
            shown = text.stripLeading();
            answerBegun = !shown.isEmpty();
        }
        show(markdown.accept(printable(shown)));
    }

    private void endReasoning() {
        inReasoning = false;
        if (showReasoning) {
            show((colour ? Ansi.RESET : "") + (lineOpen ? "\n" : "") + (colour ? "\n" : "[answer]\n"));
        } else if (streams.outputIsTerminal()) {
            String line = "(thought for %.1f s)".formatted((System.nanoTime() - reasoningStart) / 1e9);
            show((colour ? Ansi.DIM + line + Ansi.RESET : line) + "\n");
        }
    }

    private String printable(String text) {
        return streams.outputIsTerminal() ? Printable.text(text) : text;
    }

    private void show(String text) {
        if (!text.isEmpty()) {
            streams.out().print(wrap.accept(text));
            lineOpen = !text.endsWith("\n");
        }
    }

    /** The answer ended: everything held back is shown, and the line ends. @return all of it */
    Answer finish() {
        Answer answer = parser.finish();
        waiting.clear();
        show(markdown.finish());
        if (inReasoning && showReasoning && colour) {
            show(Ansi.RESET);
            lineOpen = true;
        }
        streams.out().print(wrap.finish());
        if (lineOpen) {
            streams.out().line();
        }
        streams.out().flush();
        return answer;
    }

    @Override
    public void close() {
        waiting.clear();
    }
}

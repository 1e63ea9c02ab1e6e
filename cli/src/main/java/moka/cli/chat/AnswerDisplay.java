package moka.cli.chat;

import moka.cli.render.Ansi;
import moka.cli.render.MarkdownStream;
import moka.cli.render.Printable;
import moka.cli.render.ReasoningStream;
import moka.cli.render.WaitingLine;
import moka.cli.render.WordWrap;
import moka.cli.terminal.Streams;
import moka.engine.GenerationListener;

/** Shows an answer while it comes: the wait before it, reasoning dimmed or folded away, Markdown coloured. Not thread-safe. */
final class AnswerDisplay implements GenerationListener, AutoCloseable {
    private final Streams streams;
    private final int columns;
    private final boolean colour;
    private final boolean showReasoning;
    private final ReasoningStream parts;
    private final MarkdownStream markdown;
    private final WordWrap wrap;
    private final StringBuilder answer = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private WaitingLine waiting;
    private boolean inReasoning;
    private boolean lineOpen;
    private long reasoningStart;

    /** @param inReasoning whether the prompt ends inside of reasoning */
    AnswerDisplay(Streams streams, int columns, boolean inReasoning, boolean showReasoning, boolean markdown) {
        this.streams = streams;
        this.columns = columns;
        this.colour = streams.colour();
        this.showReasoning = showReasoning && streams.outputIsTerminal();
        this.parts = new ReasoningStream(inReasoning, this::part);
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
        parts.accept(piece);
    }

    private void part(String text, boolean isReasoning) {
        if (isReasoning) {
            reasoning(text);
        } else {
            waiting.clear();
            answer(text);
        }
        streams.out().flush();
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
        reasoning.append(text);
        if (showReasoning) {
            show(printable(text));
        }
    }

    private void answer(String text) {
        String shown = text;
        if (inReasoning) {
            endReasoning();
        }
        if (answer.isEmpty()) {
            shown = text.stripLeading();
            if (shown.isEmpty()) {
                return;
            }
        }
        answer.append(shown);
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

    /** The answer ended: everything held back is shown, and the line ends. */
    void finish() {
        parts.finish();
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
    }

    String answer() {
        return answer.toString();
    }

    String reasoning() {
        return reasoning.toString();
    }

    @Override
    public void close() {
        waiting.clear();
    }
}

package moka.cli.chat;

import java.util.function.IntSupplier;
import moka.cli.render.Ansi;
import moka.cli.render.MarkdownStream;
import moka.cli.render.Printable;
import moka.cli.render.WaitingLine;
import moka.cli.render.WordWrap;
import moka.cli.terminal.Streams;
import moka.engine.GenerationListener;
import moka.template.answer.ToolCall;

/** Shows an answer while it comes: the wait before it, reasoning dimmed or folded away, Markdown coloured. Not thread-safe. */
final class AnswerDisplay implements GenerationListener, AutoCloseable {
    /** How often the width is asked for: where only a program tells it, that takes milliseconds. */
    private static final long WIDTH_NANOS = 200_000_000;

    private final Streams streams;
    private final IntSupplier terminalColumns;
    private int columns;
    private long widthKnown = System.nanoTime();
    private final boolean colour;
    private final Look look;
    private final MarkdownStream markdown;
    private final WordWrap wrap;
    private WaitingLine waiting;
    private boolean inReasoning;
    private boolean answerBegun;
    private boolean lineOpen;
    private long reasoningStart;

    /**
     * How answers look.
     *
     * @param showReasoning whether reasoning is shown, or only how long it took; in a pipe it is never shown
     * @param markdown whether Markdown is coloured
     * @param wordWrap whether lines end between words
     */
    record Look(boolean showReasoning, boolean markdown, boolean wordWrap) {}

    /** @param columns width of the terminal, which may change while the answer comes */
    AnswerDisplay(Streams streams, IntSupplier columns, Look look) {
        this.streams = streams;
        this.terminalColumns = columns;
        this.columns = columns.getAsInt();
        this.colour = streams.colour();
        this.look = look;
        this.markdown = new MarkdownStream(colour && look.markdown());
        this.wrap = new WordWrap(streams.outputIsTerminal() && look.wordWrap() ? this.columns : 0);
        this.waiting = new WaitingLine(streams.err(), streams.errorIsTerminal(), this.columns, "reading");
    }

    @Override
    public void onPrefill(int done, int total) {
        waiting.at(done, total);
    }

    @Override
    public void onContextShift(int droppedTokens) {
        waiting.clear();
        if (lineOpen && streams.outputIsTerminal()) {
            show("\n");
        }
        streams.note("moka: the context is full: its oldest " + droppedTokens + " tokens were dropped");
    }

    @Override
    public void onReasoning(String text) {
        if (!inReasoning) {
            beginReasoning();
        }
        if (showsReasoning()) {
            show(printable(text));
            streams.out().flush();
        }
    }

    @Override
    public void onText(String text) {
        waiting.clear();
        if (inReasoning) {
            endReasoning();
        }
        String shown = text;
        if (!answerBegun) {
            shown = text.stripLeading();
            answerBegun = !shown.isEmpty();
        }
        show(markdown.accept(printable(shown)));
        streams.out().flush();
    }

    @Override
    public void onToolCall(ToolCall call) {
        onText("\n[calls " + call.name() + " " + call.arguments() + "]\n");
    }

    private boolean showsReasoning() {
        return look.showReasoning() && streams.outputIsTerminal();
    }

    private void beginReasoning() {
        inReasoning = true;
        waiting.clear();
        reasoningStart = System.nanoTime();
        if (showsReasoning()) {
            show(colour ? Ansi.DIM : "[thinking]\n");
        } else {
            waiting = new WaitingLine(streams.err(), streams.errorIsTerminal(), columns, "thinking");
        }
    }

    private void endReasoning() {
        inReasoning = false;
        if (showsReasoning()) {
            show((colour ? Ansi.RESET : "") + (lineOpen ? "\n" : "") + (colour ? "\n" : "[answer]\n"));
        } else if (streams.outputIsTerminal()) {
            String line = "(thought for %.1f s; /show reasoning unfolds it)".formatted((System.nanoTime() - reasoningStart) / 1e9);
            show((colour ? Ansi.DIM + line + Ansi.RESET : line) + "\n");
        }
    }

    private String printable(String text) {
        return streams.outputIsTerminal() ? Printable.text(text) : text;
    }

    private void show(String text) {
        if (!text.isEmpty()) {
            followWidth();
            streams.out().print(wrap.accept(text));
            lineOpen = !text.endsWith("\n");
        }
    }

    private void followWidth() {
        long now = System.nanoTime();
        if (now - widthKnown > WIDTH_NANOS) {
            widthKnown = now;
            columns = terminalColumns.getAsInt();
            wrap.resize(columns);
        }
    }

    /** The answer ended: everything held back is shown, and the line ends. */
    void finish() {
        waiting.clear();
        show(markdown.finish());
        if (inReasoning && showsReasoning() && colour) {
            show(Ansi.RESET);
            lineOpen = true;
        }
        streams.out().print(wrap.finish());
        if (lineOpen) {
            streams.out().line();
        }
        streams.out().flush();
    }

    @Override
    public void close() {
        waiting.clear();
    }
}

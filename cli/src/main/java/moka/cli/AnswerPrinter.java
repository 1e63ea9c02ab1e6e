package moka.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import moka.cli.json.JsonLines;
import moka.cli.render.Ansi;
import moka.cli.render.CodeBlock;
import moka.cli.render.Printable;
import moka.cli.render.ProgressLine;
import moka.cli.render.WaitingLine;
import moka.cli.terminal.Streams;
import moka.engine.GenerationListener;
import moka.template.answer.ToolCall;
import org.jspecify.annotations.Nullable;

/**
 * Streams an answer to standard output and nothing else. The progress of its prompt goes to standard error if that is a terminal; so does
 * the reasoning before it, dimmed.
 */
final class AnswerPrinter implements GenerationListener, AutoCloseable {
    private final Streams streams;
    private final boolean hideReasoning;
    private final boolean codeOnly;
    private final ProgressLine progress;
    private @Nullable WaitingLine thinking;
    private boolean inReasoning;
    /** Whether there was reasoning: the blank lines behind it are not part of the answer. */
    private boolean reasoned;

    private boolean answerBegun;
    private boolean lineOpen;
    private final StringBuilder collected = new StringBuilder();

    /** @param codeOnly print only the first block of code, if there is one: at the end, since only then it is known */
    AnswerPrinter(Streams streams, boolean hideReasoning, boolean codeOnly) {
        this.streams = streams;
        this.hideReasoning = hideReasoning;
        this.codeOnly = codeOnly;
        this.progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "prompt", "tokens");
    }

    @Override
    public void onPrefill(int done, int total) {
        progress.at(done, total);
    }

    @Override
    public void onContextShift(int droppedTokens) {
        progress.clear();
        if (lineOpen && streams.outputIsTerminal() && streams.errorIsTerminal()) {
            streams.note("");
        }
        streams.note("moka: the context is full: its oldest " + droppedTokens + " tokens were dropped");
    }

    @Override
    public void onReasoning(String text) {
        if (!inReasoning) {
            inReasoning = true;
            progress.clear();
            if (!showsReasoning()) {
                thinking = new WaitingLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "thinking");
            }
        }
        if (showsReasoning()) {
            streams.err().print(streams.errorColour() ? Ansi.DIM + Printable.text(text) + Ansi.RESET : Printable.text(text));
            streams.err().flush();
        }
    }

    private boolean showsReasoning() {
        return streams.errorIsTerminal() && !hideReasoning;
    }

    @Override
    public void onText(String piece) {
        String text = piece;
        if (inReasoning) {
            endReasoning();
        } else {
            progress.clear();
        }
        if (!answerBegun && reasoned) {
            text = piece.stripLeading();
        }
        answerBegun |= !text.isEmpty();
        if (codeOnly) {
            collected.append(text);
        } else {
            print(text);
        }
    }

    private void print(String text) {
        if (!text.isEmpty()) {
            streams.out().print(text).flush();
            lineOpen = !text.endsWith("\n");
        }
    }

    private void endReasoning() {
        inReasoning = false;
        reasoned = true;
        if (thinking != null) {
            thinking.clear();
        }
        if (showsReasoning()) {
            streams.err().print("\n\n");
            streams.err().flush();
        }
    }

    @Override
    public void onToolCall(ToolCall call) {
        onText(JsonLines.line(json(call)) + "\n");
    }

    /** {@code {"name", "arguments"}}; arguments that are no JSON stay a text. */
    static JsonObject json(ToolCall call) {
        JsonObject object = new JsonObject();
        object.addProperty("name", call.name());
        try {
            object.add("arguments", JsonParser.parseString(call.arguments()));
        } catch (JsonParseException e) {
            object.addProperty("arguments", call.arguments());
        }
        return object;
    }

    void finish() {
        close();
        if (inReasoning && showsReasoning()) {
            streams.note("");
        }
        if (codeOnly) {
            print(CodeBlock.first(collected.toString()).orElse(collected.toString()));
        }
        if (lineOpen) {
            streams.out().line().flush();
        }
    }

    @Override
    public void close() {
        progress.clear();
        if (thinking != null) {
            thinking.clear();
        }
    }
}

package moka.cli;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import moka.cli.json.JsonLines;
import moka.cli.render.ProgressLine;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Failures;
import moka.cli.terminal.Interrupt;
import moka.cli.terminal.Streams;
import moka.engine.Cancellation;
import moka.engine.EngineException;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.grammar.GrammarException;
import moka.engine.StopReason;
import moka.template.Message;
import moka.template.TemplateException;

/**
 * Answers many prompts in order. With an output file it is resumable: the file holds whole lines only, and what they answer is not
 * computed again.
 */
final class Batch {
    private final Streams streams;
    private final RunCommand command;
    private final Source source;

    Batch(Streams streams, RunCommand command, Source source) {
        this.streams = streams;
        this.command = command;
        this.source = source;
    }

    /**
     * The prompts.
     *
     * @param name of the file, for messages
     * @param lines of it that hold something
     * @param parser makes the object of a line with this number
     */
    record Source(String name, List<String> lines, BiFunction<Integer, String, JsonObject> parser) {
        static Source ofJsonLines(String name, List<String> lines) {
            return new Source(name, lines, (number, line) -> JsonLines.object(name, number, line));
        }

        static Source ofLines(String name, List<String> lines) {
            return new Source(name, lines, (number, line) -> {
                JsonObject object = new JsonObject();
                object.addProperty("prompt", line);
                return object;
            });
        }

        JsonObject object(int index) {
            return parser.apply(index + 1, lines.get(index));
        }
    }

    private int failures;
    private long generated;

    int run() {
        Cancellation cancellation = new Cancellation();
        try (BatchOutput output = BatchOutput.open(streams, Optional.ofNullable(command.output), source);
                Model model = command.engine.open(streams, command.general.verbose);
                Session session = model.newSession(command.context.sessionOptions());
                ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "answers", "lines");
                Interrupt interrupt = new Interrupt(cancellation::cancel)) {
            int first = output.answered();
            if (first > 0) {
                streams.note("moka: " + command.output + " has " + first + " of " + source.lines.size() + " answers: going on with the next");
            }
            long start = System.nanoTime();
            for (int i = first; i < source.lines.size(); i++) {
                Optional<JsonObject> answer = interrupt.happened() ? Optional.empty() : answer(session, i, cancellation);
                if (answer.isEmpty()) {
                    progress.clear();
                    streams.note("moka: interrupted after " + i + " of " + source.lines.size() + " lines");
                    return ExitCode.INTERRUPTED;
                }
                output.write(answer.get());
                progress.at(i + 1L - first, source.lines.size() - (long) first);
            }
            progress.clear();
            report(source.lines.size() - first, (System.nanoTime() - start) / 1e9);
        }
        return failures == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private void report(int answers, double seconds) {
        if (failures > 0) {
            streams.note("moka: " + failures + " of " + source.lines.size() + " lines failed: see \"error\" in the output");
        }
        if (streams.errorIsTerminal() || command.general.verbose) {
            streams.note(String.format(
                    Locale.ROOT, "%d answers, %d tokens in %.1f s (%.1f tokens/s)", answers, generated, seconds, generated / seconds));
        }
    }

    /** The object of the line with its answer or error added; empty if it was interrupted. */
    private Optional<JsonObject> answer(Session session, int index, Cancellation cancellation) {
        JsonObject object = new JsonObject();
        try {
            object = source.object(index);
            GenerationOptions options = BatchLine.options(object, command.answer.generationOptions(session.model()))
                    .withCancellation(cancellation);
            GenerationResult result = generate(session, object, options);
            if (result.stopReason() == StopReason.CANCELLED) {
                return Optional.empty();
            }
            generated += result.tokens().size();
            object.addProperty("answer", result.text());
            if (result.stopReason() == StopReason.CONTEXT_FULL) {
                object.addProperty("stop_reason", "context_full");
            }
        } catch (CommandFailure | EngineException | GrammarException | TemplateException | IllegalArgumentException e) {
            failures++;
            object.addProperty("error", Failures.line(e));
        }
        return Optional.of(object);
    }

    private GenerationResult generate(Session session, JsonObject object, GenerationOptions options) {
        Optional<List<Message>> messages = BatchLine.messages(object);
        if (messages.isPresent()) {
            List<Message> all = new ArrayList<>(messages.get());
            String system = command.answer.systemText();
            if (system != null && all.stream().noneMatch(message -> message.role().equals("system"))) {
                all.addFirst(Message.system(system));
            }
            return session.generate(all, options, GenerationListener.SILENT);
        }
        String prompt = BatchLine.prompt(object);
        return command.raw
                ? session.complete(prompt, true, true, options, GenerationListener.SILENT)
                : session.generate(command.answer.conversation(prompt), options, GenerationListener.SILENT);
    }
}

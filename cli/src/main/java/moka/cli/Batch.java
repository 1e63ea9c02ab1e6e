package moka.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import moka.cli.SpeculationFlags.Drafter;
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
import moka.engine.ParallelGenerator;
import moka.engine.SessionOptions;
import moka.engine.grammar.GrammarException;
import moka.engine.StopReason;
import moka.template.Message;
import moka.template.TemplateException;
import moka.tokenizer.Tokenizer.Segment;

/**
 * Answers many prompts, several at a time, and writes the answers in the order of the prompts. With an output file it is resumable: the file holds whole lines only, and what they answer is not
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
     * @param parser makes the object of a line
     */
    record Source(String name, List<JsonLines.Line> lines, Function<JsonLines.Line, JsonObject> parser) {
        static Source ofJsonLines(String name, List<JsonLines.Line> lines) {
            return new Source(name, lines, JsonLines.Line::object);
        }

        static Source ofLines(String name, List<JsonLines.Line> lines) {
            return new Source(name, lines, line -> {
                JsonObject object = new JsonObject();
                object.addProperty("prompt", line.text());
                return object;
            });
        }

        JsonObject object(int index) {
            return parser.apply(lines.get(index));
        }
    }

    private final SortedMap<Integer, JsonObject> finished = new TreeMap<>();
    private int written;
    private int failures;
    private long generated;
    private boolean stopped;

    int run() {
        if (command.parallel < 1) {
            throw CommandFailure.usage("--parallel " + command.parallel + ", expected 1 or more");
        }
        if (command.parallel > 1 && command.speculation.wanted()) {
            throw CommandFailure.usage("--parallel " + command.parallel
                    + " answers several lines together and guesses nothing ahead: leave out --lookup, --model-draft or --parallel");
        }
        Cancellation cancellation = new Cancellation();
        SessionOptions session = command.context.sessionOptions();
        try (BatchOutput output = BatchOutput.open(streams, Optional.ofNullable(command.output), source);
                Model model = command.engine.open(streams, command.general.verbose);
                Drafter drafter = command.speculation.open(command.engine, session, streams, command.general.verbose);
                ParallelGenerator generator = new ParallelGenerator(
                        model, session.withBatchTokens(Math.max(session.batchTokens(), command.parallel)), command.parallel);
                ProgressLine progress = new ProgressLine(streams.err(), streams.errorIsTerminal(), streams.columns(), "answers", "lines");
                Interrupt interrupt = new Interrupt(cancellation::cancel)) {
            int first = output.answered();
            written = first;
            if (first > 0) {
                streams.note("moka: " + command.output + " has " + first + " of " + source.lines.size() + " answers: going on with the next");
            }
            long start = System.nanoTime();
            Lines lines = new Lines(generator, model, drafter, cancellation, first);
            generator.run(lines, new ParallelGenerator.Listener() {
                @Override
                public void onAnswer(int index, GenerationResult result) {
                    lines.finish(index, answered(lines.object(index), result));
                    write(output, progress, first);
                }

                @Override
                public void onFailure(int index, RuntimeException failure) {
                    lines.finish(index, failed(lines.object(index), failure));
                    write(output, progress, first);
                }
            });
            write(output, progress, first);
            progress.clear();
            if (stopped || interrupt.happened()) {
                streams.note("moka: interrupted after " + written + " of " + source.lines.size() + " lines");
                return ExitCode.INTERRUPTED;
            }
            report(source.lines.size() - first, (System.nanoTime() - start) / 1e9);
        }
        return failures == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    /** Writes what is finished, in the order of the lines. */
    private void write(BatchOutput output, ProgressLine progress, int first) {
        while (!finished.isEmpty() && finished.firstKey() == written) {
            output.write(finished.remove(written++));
            progress.at(written - first, source.lines.size() - (long) first);
        }
    }

    /** The requests of the lines, each made when a sequence is free for it; lines that make none are failures at once. */
    private final class Lines implements Iterator<ParallelGenerator.Request> {
        private final ParallelGenerator generator;
        private final Model model;
        private final Drafter drafter;
        private final Cancellation cancellation;
        /** The line of each request, and its object. */
        private final List<Integer> lineOf = new ArrayList<>();

        private final Map<Integer, JsonObject> objects = new HashMap<>();
        private int next;
        private Optional<ParallelGenerator.Request> ready = Optional.empty();

        Lines(ParallelGenerator generator, Model model, Drafter drafter, Cancellation cancellation, int first) {
            this.generator = generator;
            this.model = model;
            this.drafter = drafter;
            this.cancellation = cancellation;
            this.next = first;
        }

        @Override
        public boolean hasNext() {
            while (ready.isEmpty() && next < source.lines.size() && !cancellation.isCancelled()) {
                prepare(next++);
            }
            return ready.isPresent() && !cancellation.isCancelled();
        }

        @Override
        public ParallelGenerator.Request next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            ParallelGenerator.Request request = ready.orElseThrow();
            ready = Optional.empty();
            return request;
        }

        private void prepare(int line) {
            JsonObject object = new JsonObject();
            try {
                object = source.object(line);
                GenerationOptions options = BatchLine.options(object, drafter.over(command.answer.generationOptions(model)))
                        .withParsedAnswer(!command.raw && command.answer.reasoning.separate())
                        .withCancellation(cancellation);
                ready = Optional.of(
                        new ParallelGenerator.Request(ids(object, options), options, GenerationListener.SILENT));
                lineOf.add(line);
                objects.put(line, object);
            } catch (CommandFailure | EngineException | GrammarException | TemplateException | IllegalArgumentException e) {
                finished.put(line, failed(object, e).orElseThrow());
            }
        }

        private int[] ids(JsonObject object, GenerationOptions options) {
            Optional<List<Message>> messages = BatchLine.messages(object);
            if (messages.isPresent()) {
                List<Message> all = new ArrayList<>(messages.get());
                String system = command.answer.systemText();
                if (system != null && all.stream().noneMatch(message -> message.role().equals("system"))) {
                    all.addFirst(Message.system(system));
                }
                return generator.encode(all, options);
            }
            String prompt = BatchLine.prompt(object);
            return command.raw
                    ? model.tokenizer().encode(List.of(new Segment(prompt, true)), true)
                    : generator.encode(command.answer.conversation(prompt), options);
        }

        /** The object of a request's line. */
        JsonObject object(int request) {
            return objects.get(lineOf.get(request));
        }

        void finish(int request, Optional<JsonObject> answer) {
            answer.ifPresent(it -> finished.put(lineOf.get(request), it));
            objects.remove(lineOf.get(request));
        }
    }

    private void report(int answers, double seconds) {
        if (failures > 0) {
            streams.note("moka: " + failures + " of " + source.lines.size() + " lines failed: see \"error\" in the output");
        }
        streams.note(String.format(
                Locale.ROOT, "moka: %d answers, %d tokens in %.1f s (%.1f tokens/s)", answers, generated, seconds, generated / seconds));
    }

    /** The object of a line with its answer; empty if it was interrupted. */
    private Optional<JsonObject> answered(JsonObject object, GenerationResult result) {
        if (result.stopReason() == StopReason.CANCELLED) {
            stopped = true;
            return Optional.empty();
        }
        generated += result.tokens().size();
        String reasoning = result.answer().reasoning().strip();
        object.addProperty("answer", reasoning.isEmpty() ? result.text() : result.text().stripLeading());
        if (!reasoning.isEmpty()) {
            object.addProperty("reasoning_content", reasoning);
        }
        if (!result.answer().toolCalls().isEmpty()) {
            JsonArray calls = new JsonArray();
            result.answer().toolCalls().forEach(call -> calls.add(AnswerPrinter.json(call)));
            object.add("tool_calls", calls);
        }
        if (result.stopReason() == StopReason.CONTEXT_FULL) {
            object.addProperty("stop_reason", "context_full");
        }
        return Optional.of(object);
    }

    private Optional<JsonObject> failed(JsonObject object, RuntimeException failure) {
        failures++;
        object.addProperty("error", Failures.line(failure));
        return Optional.of(object);
    }
}

package moka.cli;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import moka.cli.SpeculationFlags.Drafter;
import moka.cli.json.JsonLines;
import moka.cli.render.AnswerNotes;
import moka.cli.render.Printable;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Interrupt;
import moka.cli.terminal.Streams;
import moka.engine.Cancellation;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.Session;
import moka.template.Message;
import moka.tokenizer.Tokenizer.Segment;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

@CommandLine.Command(
        addMethodSubcommands = false,
        description = "Answers a prompt: plain text on standard output, nothing else.",
        footer = {
            "",
            "Examples:",
            "  moka run model.gguf -p 'Why is the sky blue?'",
            "  git diff | moka run model.gguf -p 'Summarise this change:' -f -",
            "  moka run model.gguf --jsonl questions.jsonl -o answers.jsonl"
        })
final class RunCommand extends Command {
    private final Streams streams;

    @Mixin
    final EngineOptions engine = new EngineOptions();

    @Mixin
    final TextOptions text = new TextOptions();

    @Parameters(index = "1..*", paramLabel = "PROMPT", description = "The prompt; - for standard input.")
    List<String> words = List.of();

    @Option(names = {"--raw", "-no-cnv", "--no-conversation"}, description = "Continue the text without the chat template.")
    boolean raw;

    @Option(names = "--jsonl", paramLabel = "IN", description = "A {\"prompt\"} or {\"messages\"} a line; the same with \"answer\" out.")
    @Nullable String jsonLines;

    @Option(names = "--each-line", description = "Every line of -f is a prompt; {\"prompt\", \"answer\"} a line out.")
    boolean eachLine;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT", description = "Where answers of --jsonl or --each-line go; goes on where it stopped.")
    @Nullable String output;

    @Option(names = {"-x", "--extract"}, hidden = true, description = "Only the first fenced code block of the answer, where there is one.")
    boolean extract;

    @Option(names = {"-cnv", "--conversation", "-st", "--single-turn"}, hidden = true, description = "Of llama.cpp: taken, since it is so anyway; 'moka chat' goes on.")
    boolean[] singleTurn = {};

    @Option(names = {"-np", "--parallel"}, paramLabel = "N", hidden = true, description = "Lines of --jsonl or --each-line answered together (default: 1).")
    int parallel = 1;

    @Mixin
    final AnswerOptions answer = new AnswerOptions();

    @Mixin
    final PromptShape shape = new PromptShape();

    @Mixin
    final PromptCache cache = new PromptCache();

    @Mixin
    final AcceptedFlags accepted = new AcceptedFlags();

    @Mixin
    final SpeculationFlags speculation = new SpeculationFlags();

    @Mixin
    final ContextOptions context = new ContextOptions();

    @Option(names = {"--show-prompt", "--verbose-prompt"}, hidden = true, description = "Show on standard error the prompt that the model sees.")
    boolean showPrompt;

    RunCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        takePrompt();
        accepted.tell(streams);
        if (jsonLines != null || eachLine) {
            return batch();
        }
        if (output != null) {
            throw CommandFailure.usage("-o " + output + " goes with --jsonl or --each-line");
        }
        shape.applyTo(text);
        String prompt = shape.around(text.requirePrompt(streams));
        if (prompt.isEmpty()) {
            throw CommandFailure.usage("the prompt is empty");
        }
        try (Model model = engine.open(streams, general.verbose);
                Session session = model.newSession(context.sessionOptions());
                Drafter drafter = speculation.open(engine, context.sessionOptions(), streams, general.verbose)) {
            return answerOne(session, prompt, drafter);
        }
    }

    /** Words behind the model are the prompt; so is a first one that is no name of a model. */
    private void takePrompt() {
        List<String> prompt = new ArrayList<>(words);
        String first = engine.positional;
        boolean namedElsewhere = engine.model != null || engine.huggingFace != null;
        if (first != null && (first.equals("-")
                || (namedElsewhere ? !looksLikeFile(first) : words.isEmpty() && text.text == null && first.contains(" ") && !looksLikeFile(first)))) {
            prompt.addFirst(first);
            engine.positional = null;
        }
        if (prompt.equals(List.of("-"))) {
            text.file = "-";
        } else if (!prompt.isEmpty()) {
            if (text.text != null || jsonLines != null || eachLine) {
                throw CommandFailure.usage("two prompts: '" + String.join(" ", prompt) + "' and " + (text.text != null ? "-p" : "a file of prompts")
                        + ", expected one");
            }
            text.text = String.join(" ", prompt);
        }
    }

    private static boolean looksLikeFile(String word) {
        return word.endsWith(".gguf") || new File(word).exists();
    }

    private int answerOne(Session session, String prompt, Drafter drafter) {
        Cancellation cancellation = new Cancellation();
        GenerationOptions options = drafter.over(answer.generationOptions(session.model())).withCancellation(cancellation);
        if (raw) {
            options = options.withParsedAnswer(false); // a text to go on with has no notation for reasoning
        }
        int[] ids = promptIds(session, prompt, options);
        AnswerPrinter printer = new AnswerPrinter(streams, answer.reasoning.hide, extract);
        try (Interrupt interrupt = new Interrupt(cancellation::cancel);
                printer) {
            cache.restore(session, streams);
            GenerationResult result = session.generate(ids, options, printer);
            printer.finish();
            cache.save(session, ids.length);
            AnswerNotes.afterAnswer(session, result, general.verbose).forEach(streams::note);
            return interrupt.happened() ? ExitCode.INTERRUPTED : ExitCode.OK;
        }
    }

    private int[] promptIds(Session session, String prompt, GenerationOptions options) {
        if (raw) {
            if (showPrompt) {
                streams.note(Printable.line(prompt));
            }
            return session.model().tokenizer().encode(List.of(new Segment(prompt, true)), true); // never two BOS
        }
        List<Message> messages = answer.conversation(prompt);
        List<Segment> segments = session.render(messages, options);
        if (showPrompt) {
            StringBuilder shown = new StringBuilder();
            segments.forEach(segment -> shown.append(segment.text()));
            streams.note(shown.toString());
        }
        return session.model().tokenizer().encode(segments, true);
    }

    private int batch() {
        Batch.Source source;
        if (eachLine) {
            if (text.file == null || jsonLines != null) {
                throw CommandFailure.usage("--each-line goes with -f FILE (- for standard input), and not with --jsonl");
            }
            source = Batch.Source.ofLines(text.file, JsonLines.lines(streams, text.file));
        } else {
            if (text.file != null || text.text != null) {
                throw CommandFailure.usage("--jsonl has its prompts in the file: leave out -p and -f");
            }
            source = Batch.Source.ofJsonLines(String.valueOf(jsonLines), JsonLines.lines(streams, String.valueOf(jsonLines)));
        }
        return new Batch(streams, this, source).run();
    }
}

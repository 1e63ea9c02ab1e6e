package moka.cli.chat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.cli.render.Ansi;
import moka.cli.render.AnswerNotes;
import moka.cli.render.Printable;
import moka.cli.render.Quantity;
import moka.cli.render.WordWrap;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Failures;
import moka.cli.terminal.Interrupt;
import moka.cli.terminal.Output;
import moka.cli.terminal.Streams;
import moka.engine.Cancellation;
import moka.engine.EngineException;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.StopReason;
import moka.gguf.GgufTensor;
import moka.template.answer.Answer;
import moka.template.answer.AnswerFormat;
import moka.tokenizer.Tokenizer.Segment;

/** A conversation in the terminal: reads lines, runs commands, shows answers as they come. */
public final class Chat {
    /** An interrupt so soon after one that stopped an answer means to leave. */
    private static final long TWICE_NANOS = 1_500_000_000L;

    private final ChatState state;
    private final LineSource lines;
    private final ChatCommands commands;
    private long interruptedAt = -TWICE_NANOS;

    private Chat(ChatState state, LineSource lines) {
        this.state = state;
        this.lines = lines;
        this.commands = new ChatCommands(state, lines);
    }

    /** Runs a chat to its end. @param modelName what {@link ChatHost#open} takes @return the exit code */
    public static int run(Streams streams, ChatHost host, ChatOptions options, String modelName) {
        try (ChatState state = new ChatState(streams, host, options, modelName)) {
            options.resume().ifPresent(name -> resume(state, name));
            try (LineSource lines = lines(streams, host, options)) {
                int exitCode = new Chat(state, lines).loop();
                state.keepCache();
                return exitCode;
            }
        }
    }

    /** One question and its answer, for pipes: the answer on standard output and nothing else. */
    public static int once(Streams streams, ChatHost host, ChatOptions options, String modelName, String question) {
        try (ChatState state = new ChatState(streams, host, options, modelName)) {
            options.resume().ifPresent(name -> resume(state, name));
            Chat chat = new Chat(state, new PlainLines(streams));
            return chat.say(question) ? ExitCode.OK : ExitCode.INTERRUPTED;
        }
    }

    /** The commands of the chat and what they do. */
    public static Map<String, String> commandSummaries() {
        return ChatCommands.summaries();
    }

    /** What {@code /set} takes. @param sampling names and descriptions of sampling parameters */
    public static Map<String, String> settingNames(Map<String, String> sampling) {
        return SetCommand.names(sampling);
    }

    private static LineSource lines(Streams streams, ChatHost host, ChatOptions options) {
        if (!streams.outputIsTerminal() || "dumb".equals(streams.environment().get("TERM"))) {
            return new PlainLines(streams);
        }
        ChatCompleter completer = new ChatCompleter(ChatCommands.summaries(), SetCommand.names(host.parameters()));
        return EditedLines.open(completer, ChatCommands.history(options.stateFolder()), streams.colour())
                .orElseGet(() -> new PlainLines(streams));
    }

    private static void resume(ChatState state, String name) {
        Path file = ConversationFile.find(state.conversations().orElse(Path.of(".")), name);
        state.resume(file);
    }

    private int loop() {
        greet();
        Optional<String> first = state.options.firstMessage();
        if (first.isPresent()) {
            sayAndReport(first.get());
        }
        String draft = "";
        boolean interrupted = false;
        while (true) {
            LineSource.Input input = lines.read(draft);
            draft = "";
            switch (input) {
                case LineSource.Input.End end -> {
                    return ExitCode.OK;
                }
                case LineSource.Input.Interrupted(boolean empty) -> {
                    if (interrupted || (empty && System.nanoTime() - interruptedAt < TWICE_NANOS)) {
                        return ExitCode.INTERRUPTED;
                    }
                    interrupted = empty;
                    if (empty) {
                        state.note(dim("(Ctrl-C again, Ctrl-D or /bye leaves)"));
                    }
                }
                case LineSource.Input.Text(String text) -> {
                    interrupted = false;
                    switch (text.isBlank() ? new ChatCommands.Next.Read("") : react(text)) {
                        case ChatCommands.Next.Read(String next) -> draft = next;
                        case ChatCommands.Next.Say(String message) -> sayAndReport(message);
                        case ChatCommands.Next.Leave leave -> {
                            return ExitCode.OK;
                        }
                    }
                }
            }
        }
    }

    private ChatCommands.Next react(String text) {
        if (!ChatCommands.isCommand(text)) {
            return new ChatCommands.Next.Say(text.strip());
        }
        try {
            return commands.run(text);
        } catch (Output.Closed e) {
            throw e;
        } catch (RuntimeException e) {
            state.note(Failures.line(e));
            return new ChatCommands.Next.Read("");
        }
    }

    private void greet() {
        long parameters = state.model.file().tensors().stream().mapToLong(GgufTensor::elements).sum();
        state.note(dim(state.model.name() + ", " + Quantity.count(parameters) + " parameters, context "
                + state.session.contextLength() + " tokens. /help shows the commands."));
        int turns = state.conversation.turnCount();
        if (turns > 0) {
            int restored = state.session.position();
            state.note(dim(turns + (turns == 1 ? " turn goes on" : " turns go on")
                    + (restored > 0 ? ", " + restored + " tokens of it as they were computed" : "")));
            state.conversation.lastAnswer().ifPresent(answer -> state.note(Printable.text(answer)));
        }
    }

    private void sayAndReport(String message) {
        try {
            if (!say(message)) {
                interruptedAt = System.nanoTime();
            }
        } catch (Output.Closed e) {
            throw e;
        } catch (RuntimeException e) {
            state.conversation.removeLastTurn();
            state.note("moka: " + Failures.line(e));
        }
    }

    /** Asks and shows the answer. @return false if it was interrupted */
    private boolean say(String message) {
        state.conversation.addUser(state.attached + message);
        state.attached = "";
        Cancellation cancellation = new Cancellation();
        GenerationOptions options = state.generation.withCancellation(cancellation);
        List<Segment> segments = state.session.render(state.conversation.messages(), options);
        int[] prompt = state.model.tokenizer().encode(segments, true);
        checkRoom(prompt.length);
        try (AnswerDisplay display = new AnswerDisplay(
                        state.streams, lines.columns(), format(), last(segments), state.showReasoning, state.markdown);
                Interrupt _ = new Interrupt(cancellation::cancel, lines::close)) {
            GenerationResult result = state.session.generate(prompt, options, display);
            record(display.finish(), result);
            return result.stopReason() != StopReason.CANCELLED;
        }
    }

    // The chat offers no tools: an answer that is JSON is an answer, although some families write calls so.
    private AnswerFormat format() {
        return state.generation.chatTemplate().or(state.model::chatTemplate).map(AnswerFormat::of)
                .filter(format -> format != AnswerFormat.LLAMA_3)
                .orElse(AnswerFormat.PLAIN);
    }

    private static String last(List<Segment> segments) {
        return segments.isEmpty() ? "" : segments.getLast().text();
    }

    private void checkRoom(int promptTokens) {
        if (promptTokens >= state.session.contextLength()) {
            throw new EngineException("the conversation has " + promptTokens + " tokens and the context holds "
                    + state.session.contextLength() + ": nothing is cut silently; /clear begins anew, /undo forgets a turn, "
                    + "/set context N makes room");
        }
    }

    private void record(Answer answer, GenerationResult result) {
        state.count(result);
        if (result.stopReason() == StopReason.CANCELLED && answer.content().isBlank()) {
            state.conversation.removeLastTurn();
            state.streams.note(dim("(interrupted before the answer: the question is forgotten)"));
        } else {
            state.conversation.addAnswer(answer.content().strip(), answer.reasoning());
            state.keep();
        }
        AnswerNotes.afterAnswer(state.session, result, state.verbose).forEach(note -> state.streams.note(dim(note)));
    }

    private String dim(String text) {
        String wrapped = state.streams.outputIsTerminal() ? WordWrap.wrap(text, lines.columns()) : text;
        return state.streams.colour() ? Ansi.DIM + wrapped + Ansi.RESET : wrapped;
    }
}

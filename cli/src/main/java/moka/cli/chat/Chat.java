package moka.cli.chat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.cli.render.Printable;
import moka.cli.render.Quantity;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Failures;
import moka.cli.terminal.Output;
import moka.cli.terminal.Streams;
import moka.gguf.GgufTensor;

/** A conversation in the terminal: reads lines, runs commands, shows answers as they come. */
public final class Chat {
    private final ChatState state;
    private final LineSource lines;
    private final ChatCommands commands;
    private final Answering answering;

    private Chat(ChatState state, LineSource lines) {
        this.state = state;
        this.lines = lines;
        this.commands = new ChatCommands(state, lines);
        this.answering = new Answering(state, lines);
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
            return new Answering(state, new PlainLines(streams)).say(question, false) ? ExitCode.OK : ExitCode.INTERRUPTED;
        }
    }

    /**
     * The model that a conversation was held with.
     *
     * @param name of the conversation, or nothing for the youngest
     * @return what the user called it then; empty if the conversation does not tell, or there is none
     */
    public static Optional<String> modelOf(Optional<Path> stateFolder, String name) {
        Path file = ConversationFile.existing(ChatState.conversations(stateFolder).orElse(Path.of(".")), name);
        return ConversationFile.read(file).model();
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
        ChatCompleter completer = new ChatCompleter(
                ChatCommands.summaries(),
                SetCommand.names(host.parameters()),
                () -> ChatState.conversations(options.stateFolder()).map(SavedConversations::latest).orElse(List.of()));
        return EditedLines.open(completer, ChatCommands.history(options.stateFolder()), streams)
                .orElseGet(() -> new PlainLines(streams));
    }

    private static void resume(ChatState state, String name) {
        state.resume(ConversationFile.existing(state.conversations().orElse(Path.of(".")), name));
    }

    private int loop() {
        greet();
        Optional<String> first = state.options.firstMessage();
        if (first.isPresent()) {
            answering.sayAndReport(first.get(), false);
        }
        String draft = "";
        boolean editing = false;
        boolean interrupted = false;
        while (true) {
            LineSource.Input input = lines.read(draft);
            boolean again = editing;
            draft = "";
            editing = false;
            switch (input) {
                case LineSource.Input.End end -> {
                    return ExitCode.OK;
                }
                case LineSource.Input.Interrupted(boolean empty) -> {
                    if (interrupted || (empty && answering.wasJustInterrupted())) {
                        return ExitCode.INTERRUPTED;
                    }
                    interrupted = empty;
                    if (empty) {
                        state.quietNote(lines.columns(), "(Ctrl-C again, Ctrl-D or /bye leaves)");
                    }
                }
                case LineSource.Input.Text(String text) -> {
                    interrupted = false;
                    switch (text.isBlank() ? new ChatCommands.Next.Read() : react(text, again)) {
                        case ChatCommands.Next.Read next -> {}
                        case ChatCommands.Next.Edit(String question) -> {
                            draft = question;
                            editing = true;
                        }
                        case ChatCommands.Next.Say(String message, boolean anew) -> answering.sayAndReport(message, anew);
                        case ChatCommands.Next.Leave leave -> {
                            return ExitCode.OK;
                        }
                    }
                }
            }
        }
    }

    /** @param again whether a message takes the place of the last one */
    private ChatCommands.Next react(String text, boolean again) {
        if (!ChatCommands.isCommand(text)) {
            return new ChatCommands.Next.Say(text.strip(), again);
        }
        try {
            return commands.run(text);
        } catch (Output.Closed e) {
            throw e;
        } catch (RuntimeException e) {
            state.note(lines.columns(), Failures.line(e));
            return new ChatCommands.Next.Read();
        }
    }

    private void greet() {
        long parameters = state.model.file().tensors().stream().mapToLong(GgufTensor::elements).sum();
        state.quietNote(lines.columns(), state.model.name() + ", " + Quantity.count(parameters) + " parameters, context "
                + state.session.contextLength() + " tokens. /help shows the commands.");
        int turns = state.conversation.turnCount();
        if (turns > 0) {
            int restored = state.session.position();
            state.quietNote(lines.columns(), turns + (turns == 1 ? " turn goes on" : " turns go on")
                    + (restored > 0 ? ", " + restored + " tokens of it as they were computed" : ""));
            state.conversation.lastAnswer().ifPresent(answer -> state.note(lines.columns(), Printable.text(answer)));
        }
    }
}

package moka.cli.chat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import moka.cli.render.AnswerNotes;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Spelling;
import moka.cli.terminal.TextFiles;

/** The commands of the chat: lines that begin with a slash. */
final class ChatCommands {
    /** What happens after a command. */
    sealed interface Next {
        /** The next line is read. */
        record Read() implements Next {}

        /** The next line is read, and the last question stands in it already: what is said then takes its place. */
        record Edit(String question) implements Next {}

        /** A message is said, as if it had been typed. @param again in the place of the last question and its answer */
        record Say(String text, boolean again) implements Next {}

        /** The chat ends. */
        record Leave() implements Next {}
    }

    private static final Next READ = new Next.Read();

    private final ChatState state;
    private final LineSource lines;

    ChatCommands(ChatState state, LineSource lines) {
        this.state = state;
        this.lines = lines;
    }

    /** Names and summaries, in the order of the help. */
    static Map<String, String> summaries() {
        Map<String, String> summaries = new LinkedHashMap<>();
        summaries.put("/help", "this list");
        summaries.put("/bye", "leave (also Ctrl-D)");
        summaries.put("/clear", "begin a new conversation");
        summaries.put("/regen", "answer the last question again");
        summaries.put("/undo", "forget the last question and its answer");
        summaries.put("/edit", "change the last question and ask it again");
        summaries.put("/set", "NAME VALUE: change a setting; alone, show all");
        summaries.put("/show", "model, parameters, context, system, template, prompt");
        summaries.put("/system", "TEXT: set the system prompt; alone, show it");
        summaries.put("/file", "PATH: put a file's text before the next message");
        summaries.put("/save", "FILE: write the conversation");
        summaries.put("/load", "NAME, FILE or MODEL: go on with that conversation or model; alone, show the last conversations");
        summaries.put("/copy", "copy the last answer to the clipboard");
        summaries.put("/tokens", "TEXT: its token ids; alone, how many tokens there are");
        summaries.put("/stats", "what the answers cost");
        return summaries;
    }

    /** Runs a line. @throws RuntimeException whose message is for the user */
    Next run(String line) {
        String[] parts = line.strip().split("\\s+", 2);
        String arguments = parts.length == 1 ? "" : parts[1];
        return switch (parts[0].toLowerCase(Locale.ROOT)) {
            case "/help", "/?" -> tell(help());
            case "/bye", "/exit", "/quit" -> new Next.Leave();
            case "/clear", "/new" -> {
                state.begin();
                yield tell("a new conversation");
            }
            case "/regen", "/retry" -> new Next.Say(lastQuestion(), true);
            case "/undo" -> {
                lastQuestion();
                state.conversation.removeLastTurn();
                state.keep();
                yield tell("forgotten; " + state.turns() + (state.conversation.turnCount() == 1 ? " is left" : " are left"));
            }
            case "/edit" -> edit();
            case "/set" -> tell(SetCommand.run(state, arguments));
            case "/show" -> tell(ShowCommand.of(state, arguments.strip()));
            case "/system" -> tell(arguments.isEmpty() ? ShowCommand.of(state, "system") : SetCommand.run(state, "system " + arguments));
            case "/file", "/read" -> file(path(arguments));
            case "/save" -> save(path(arguments));
            case "/load" -> arguments.isBlank() ? tell(kept()) : load(arguments);
            case "/copy" -> copy();
            case "/tokens" -> tell(tokens(arguments));
            case "/stats" -> tell(statistics());
            case "/image", "/audio", "/video" -> tell(parts[0] + ": not supported: moka reads text only");
            default -> throw CommandFailure.usage(
                    "unknown command " + parts[0] + Spelling.hint(parts[0], summaries().keySet()) + " (/help lists them; a message that begins with a slash needs a space before it)");
        };
    }

    private Next tell(String text) {
        state.note(lines.columns(), text);
        return READ;
    }

    private static String help() {
        StringBuilder text = new StringBuilder();
        summaries().forEach((name, summary) -> text.append("%-8s %s".formatted(name, summary)).append('\n'));
        text.append("Several lines: \"\"\" before and after, Alt-Enter or Ctrl-J, or paste them.\n");
        text.append("Ctrl-C stops an answer, twice leaves; Ctrl-R searches the history; Ctrl-G opens your editor.");
        return text.toString();
    }

    private String lastQuestion() {
        return state.conversation.lastQuestion().orElseThrow(() -> CommandFailure.failed("nothing was asked yet"));
    }

    private Next edit() {
        if (!lines.editable()) {
            throw CommandFailure.failed("/edit needs a terminal");
        }
        return new Next.Edit(lastQuestion());
    }

    private static Path path(String written) {
        String text = written.strip();
        if (text.isEmpty()) {
            throw CommandFailure.usage("a file is missing: give its path");
        }
        return text.startsWith("~/") ? Path.of(System.getProperty("user.home"), text.substring(2)) : Path.of(text);
    }

    private Next file(Path path) {
        String text = TextFiles.of(path);
        int tokens = state.model.tokenizer().encode(text, false, false).length;
        state.attached += text.stripTrailing() + "\n\n";
        return tell(path + ": " + tokens + " tokens, before your next message");
    }

    private Next save(Path path) {
        if (Files.exists(path) && !ConversationFile.isOne(path)) {
            throw CommandFailure.failed(path + ": is there already and is no conversation: it is not written over");
        }
        ConversationFile.write(path, state.lastingName(), state.conversation.messages());
        return tell("saved to " + path);
    }

    private Next load(String arguments) {
        Path path = ConversationFile.find(state.conversations().orElse(Path.of(".")), path(arguments).toString());
        if (Files.isRegularFile(path) && !path.toString().endsWith(".gguf")) {
            state.resume(path);
            return tell(state.turns() + " from " + path);
        }
        state.reopenModel(path(arguments).toString());
        return tell("model " + state.model.name() + ", " + state.turns() + (state.conversation.turnCount() == 1 ? " goes on" : " go on"));
    }

    private String kept() {
        String list = state.conversations().map(folder -> SavedConversations.list(folder, lines.columns())).orElse("");
        return list.isEmpty() ? "no conversations are kept yet" : list;
    }

    // The terminal itself copies (OSC 52), so that it works over ssh too.
    private Next copy() {
        String answer = state.conversation.lastAnswer().orElseThrow(() -> CommandFailure.failed("there is no answer yet"));
        if (!state.streams.outputIsTerminal()) {
            throw CommandFailure.failed("/copy needs a terminal");
        }
        String encoded = Base64.getEncoder().encodeToString(answer.getBytes(StandardCharsets.UTF_8));
        state.streams.out().print("\033]52;c;" + encoded + "\007");
        return tell(answer.codePointCount(0, answer.length()) + " characters handed to the terminal's clipboard");
    }

    private String tokens(String text) {
        if (!text.isEmpty()) {
            int[] ids = state.model.tokenizer().encode(text, false, false);
            return ids.length + " tokens: " + Arrays.toString(ids);
        }
        int conversation = state.conversation.isEmpty()
                ? 0
                : state.model.tokenizer().encode(state.session.render(state.conversation.messages(), state.generation), true).length;
        return conversation + " tokens in the conversation, " + state.session.contextLength() + " fit in the context";
    }

    private String statistics() {
        String guesses = state.speculation.passes() == 0 ? "" : "\n" + AnswerNotes.guesses(state.speculation);
        String last = state.lastResult.map(result -> "\nlast: " + AnswerNotes.statistics(result)).orElse("");
        return String.format(
                Locale.ROOT,
                "%d answers: %d tokens read (%.1f tokens/s), %d reused, %d written (%.1f tokens/s)%s%s",
                state.answers,
                state.prefillTokens,
                rate(state.prefillTokens, state.prefillNanos),
                state.reusedTokens,
                state.decodeTokens,
                rate(state.decodeTokens, state.decodeNanos),
                guesses,
                last);
    }

    private static double rate(long tokens, long nanos) {
        return nanos == 0 ? 0 : tokens * 1e9 / nanos;
    }

    /** Whether a line is a command: a slash and a letter or question mark, at its very beginning. */
    static boolean isCommand(String line) {
        return line.matches("(?s)/[A-Za-z?].*");
    }

    /** The path of the history. */
    static Optional<Path> history(Optional<Path> stateFolder) {
        return stateFolder.map(folder -> folder.resolve("history"));
    }
}

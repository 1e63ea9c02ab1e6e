package moka.cli.chat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import moka.cli.render.Printable;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes commands, what they take, and paths of files. */
final class ChatCompleter implements Completer {
    private static final Set<String> TAKES_FILE = Set.of("grammar", "json-schema", "chat-template");
    private static final int QUESTION_COLUMNS = 40;

    private final Map<String, String> commands;
    private final Map<String, String> parameters;
    private final Supplier<List<SavedConversations.Saved>> conversations;

    /** @param commands name and summary @param parameters of {@code /set}, likewise @param conversations that are kept */
    ChatCompleter(Map<String, String> commands, Map<String, String> parameters, Supplier<List<SavedConversations.Saved>> conversations) {
        this.commands = commands;
        this.parameters = parameters;
        this.conversations = conversations;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        String command = line.words().getFirst();
        if (!command.startsWith("/")) {
            return;
        }
        if (line.wordIndex() == 0) {
            commands.forEach((name, summary) -> candidates.add(candidate(name, summary, true)));
            return;
        }
        switch (command) {
            case "/set" -> {
                if (line.wordIndex() == 1) {
                    parameters.forEach((name, summary) -> candidates.add(candidate(name, summary, true)));
                } else if (line.wordIndex() == 2) {
                    SetCommand.values(line.words().get(1)).forEach(value -> candidates.add(candidate(value, "", true)));
                    if (TAKES_FILE.contains(line.words().get(1))) {
                        paths(line.word(), candidates);
                    }
                }
            }
            case "/show" -> ShowCommand.SUBJECTS.forEach((name, summary) -> candidates.add(candidate(name, summary, true)));
            case "/help" -> commands.forEach((name, summary) -> candidates.add(candidate(name, summary, true)));
            case "/load" -> {
                conversations.get().forEach(saved -> candidates.add(candidate(saved.name(), Printable.line(saved.firstQuestion(), QUESTION_COLUMNS), true)));
                paths(line.word(), candidates);
            }
            case "/file", "/read", "/save" -> paths(line.word(), candidates);
            default -> {}
        }
    }

    private static Candidate candidate(String value, String summary, boolean complete) {
        return new Candidate(value, value, null, summary.isEmpty() ? null : summary, null, null, complete);
    }

    private static void paths(String word, List<Candidate> candidates) {
        int slash = word.lastIndexOf('/') + 1;
        String folder = word.substring(0, slash);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder(folder))) {
            Map<String, Boolean> names = new TreeMap<>();
            for (Path entry : entries) {
                names.put(entry.getFileName().toString(), Files.isDirectory(entry));
            }
            names.forEach((name, directory) -> {
                if (!name.startsWith(".") || word.startsWith(".", slash)) {
                    candidates.add(candidate(folder + name + (directory ? "/" : ""), "", !directory));
                }
            });
        } catch (IOException | InvalidPathException e) {
            return; // nothing to offer
        }
    }

    private static Path folder(String written) {
        if (written.startsWith("~/")) {
            return Path.of(System.getProperty("user.home"), written.substring(2));
        }
        return Path.of(written.isEmpty() ? "." : written);
    }
}

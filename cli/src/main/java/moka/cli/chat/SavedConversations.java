package moka.cli.chat;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import moka.cli.render.Printable;
import moka.cli.terminal.CommandFailure;

/** The conversations that were kept, to find one again: the last few, by their first question. */
final class SavedConversations {
    private static final int SHOWN = 20;
    private static final int SHORTEST_QUESTION = 2;

    private SavedConversations() {}

    /** @param name what {@code --resume} and {@code /load} take */
    record Saved(String name, int turns, String firstQuestion) {}

    /** The youngest first; files that cannot be read, or hold none, are left out. @param folder that may be missing */
    static List<Saved> latest(Path folder) {
        return ConversationFile.youngest(folder).stream().flatMap(file -> read(file).stream()).limit(SHOWN).toList();
    }

    private static Optional<Saved> read(Path file) {
        try {
            Conversation conversation = new Conversation();
            conversation.replace(ConversationFile.read(file).messages());
            return conversation.firstQuestion().map(question -> new Saved(ConversationFile.name(file), conversation.turnCount(), question));
        } catch (CommandFailure | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /** A line for each, of at most so many columns. */
    static String list(Path folder, int columns) {
        List<Saved> latest = latest(folder);
        int nameLength = latest.stream().mapToInt(saved -> saved.name().length()).max().orElse(0);
        return latest.stream()
                .map(saved -> {
                    String head = ("%-" + nameLength + "s  %-7s  ").formatted(saved.name(), saved.turns() + (saved.turns() == 1 ? " turn" : " turns"));
                    return head + Printable.line(saved.firstQuestion(), Math.max(SHORTEST_QUESTION, columns - head.length()));
                })
                .collect(Collectors.joining("\n"));
    }
}

package moka.cli.chat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;

/** The user's own editor ({@code VISUAL}, else {@code EDITOR}, else vi) for a message that the line is too small for. */
final class ExternalEditor {
    private final Terminal terminal;
    private final Attributes usual; // of the terminal, as other programs expect it
    private final Map<String, String> environment;

    ExternalEditor(Terminal terminal, Attributes usual, Map<String, String> environment) {
        this.terminal = terminal;
        this.usual = usual;
        this.environment = environment;
    }

    /** Lets the user change a text. @return it, or what it was where the editor failed */
    String edit(String draft) {
        Attributes now = terminal.getAttributes();
        try {
            Path file = Files.createTempFile("moka-", ".md");
            try {
                Files.writeString(file, draft);
                terminal.setAttributes(usual);
                terminal.flush();
                Process process = new ProcessBuilder(command(file)).inheritIO().start();
                return process.waitFor() == 0 ? Files.readString(file).stripTrailing() : draft;
            } finally {
                terminal.setAttributes(now);
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return draft;
        }
    }

    // The variables hold a program with its options: the shell reads them as such.
    private List<String> command(Path file) {
        String editor = chosen();
        return System.getProperty("os.name").startsWith("Windows")
                ? List.of("cmd", "/c", editor + " \"" + file + "\"")
                : List.of("/bin/sh", "-c", editor + " \"$1\"", "sh", file.toString());
    }

    private String chosen() {
        for (String name : List.of("VISUAL", "EDITOR")) {
            String value = environment.getOrDefault(name, "");
            if (!value.isBlank()) {
                return value;
            }
        }
        return System.getProperty("os.name").startsWith("Windows") ? "notepad" : "vi";
    }
}

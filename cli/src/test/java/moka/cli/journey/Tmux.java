package moka.cli.journey;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** A terminal of tmux, with a server of its own. */
final class Tmux implements AutoCloseable {
    /** Long enough for a machine on which much else runs; a screen that shows the text is seen within milliseconds. */
    private static final long TIMEOUT_NANOS = 180_000_000_000L;

    private final String server = "moka-journey-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    private final Path recording;

    /** @param recording where {@link #record} writes */
    Tmux(int columns, int rows, Map<String, String> environment, Path folder, String command, Path recording) {
        Assumptions.assumeTrue(answers("tmux", "-V"), "skipped: journeys in a terminal, for there is no tmux");
        this.recording = recording;
        List<String> start = new ArrayList<>(List.of(
                "new-session", "-d", "-x", Integer.toString(columns), "-y", Integer.toString(rows), "-c", folder.toString()));
        environment.forEach((name, value) -> start.addAll(List.of("-e", name + "=" + value)));
        start.add(command + "; echo \"[exit $?]\"; sleep 600");
        tmux(start.toArray(String[]::new));
    }

    private static boolean answers(String... command) {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Presses keys: texts, or names such as {@code Enter}, {@code C-c}. */
    void keys(String... keys) {
        List<String> command = new ArrayList<>(List.of("send-keys"));
        command.addAll(List.of(keys));
        tmux(command.toArray(String[]::new));
    }

    /** Pastes text as a terminal does that knows bracketed paste. */
    void paste(String text) {
        tmux("set-buffer", text);
        tmux("paste-buffer", "-p");
    }

    /** Changes the size of the window. */
    void resize(int columns, int rows) {
        tmux("resize-window", "-x", Integer.toString(columns), "-y", Integer.toString(rows));
    }

    /** Waits until the screen shows a text. @return the screen */
    String waitFor(String text) {
        long start = System.nanoTime();
        while (true) {
            String screen = screen();
            if (screen.contains(text)) {
                return screen;
            }
            if (System.nanoTime() - start > TIMEOUT_NANOS) {
                throw new AssertionError("'" + text + "' did not appear:\n" + screen);
            }
            try {
                Thread.sleep(30);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** The screen, without empty lines at its end. */
    String screen() {
        return tmux("capture-pane", "-p").stripTrailing();
    }

    /** The screen with its escape sequences. */
    String styledScreen() {
        return tmux("capture-pane", "-p", "-e").stripTrailing();
    }

    /** Writes the screen beside the build's results. */
    void record() {
        try {
            Files.createDirectories(recording.getParent());
            Files.writeString(recording, screen() + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String tmux(String... arguments) {
        List<String> command = new ArrayList<>(List.of("tmux", "-L", server, "-f", "/dev/null"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        tmux("kill-server");
    }
}

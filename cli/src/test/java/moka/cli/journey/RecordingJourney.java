package moka.cli.journey;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Writes {@code docs/recordings}: the screens of a chat, key by key. What they show is tested by the other journeys.
 *
 * <p>{@code mvn verify -pl cli -am -Dtest=RecordingJourney -Dmoka.write=true}
 */
@EnabledIfSystemProperty(named = "moka.write", matches = "true", disabledReason = "skipped: docs/recordings is written with -Dmoka.write=true only")
class RecordingJourney {
    private static final String PROMPT = "\n>";
    private static final String SLOWLY = " --temp 0 --kernels scalar -t 1";

    @TempDir
    Path home;

    private final StringBuilder recording = new StringBuilder();

    @ParameterizedTest
    @ValueSource(ints = {80, 40})
    void recordsAChat(int columns) throws IOException {
        recording.append("A chat with the model that ships with Moka, in a terminal of ").append(columns)
                .append(" columns. Screens as tmux captures them, without colours.\n");
        try (Tmux terminal = start(columns, SLOWLY)) {
            terminal.waitFor(PROMPT);
            terminal.paste("What is the capital\nof France?");
            terminal.waitFor("of France?");
            shot(terminal, "Two lines were pasted: nothing is sent yet");
            terminal.keys("Enter");
            terminal.waitFor("Paris." + PROMPT);
            shot(terminal, "Enter");
            terminal.keys("Tell me a story.", "Enter");
            terminal.waitFor("Once");
            terminal.keys("C-c");
            terminal.waitFor("story.\nOnce");
            terminal.waitFor(PROMPT);
            shot(terminal, "\"Tell me a story.\", and Ctrl-C while it is told: what was said stays");
            terminal.keys("/set mirostat-l", "Tab");
            terminal.waitFor("/set mirostat-lr");
            shot(terminal, "\"/set mirostat-l\" and Tab");
            terminal.keys("C-u", "/set think ", "Tab");
            terminal.waitFor("auto");
            shot(terminal, "Ctrl-U, \"/set think \" and Tab");
            terminal.keys("C-u", "/set temp 0.5", "Enter");
            terminal.waitFor("temp 0.5");
            terminal.keys("/set temp hot", "Enter");
            terminal.waitFor("'hot'");
            terminal.keys("/show context", "Enter");
            terminal.waitFor("2 turns");
            terminal.keys("C-d");
            terminal.waitFor("[exit 0]");
            shot(terminal, "Ctrl-U, \"/set temp 0.5\", \"/set temp hot\", \"/show context\", Ctrl-D");
        }
        try (Tmux terminal = start(columns, " chat --resume --temp 0")) {
            terminal.waitFor(PROMPT);
            terminal.keys("C-r");
            terminal.waitFor("bck-i-search:");
            terminal.keys("capital");
            terminal.waitFor("bck-i-search: capital");
            shot(terminal, "A new program with --resume; Ctrl-R and \"capital\" in the history of lines");
            terminal.keys("C-e", "Enter");
            terminal.waitFor("Paris." + PROMPT);
            terminal.keys("/bye", "Enter");
            terminal.waitFor("[exit 0]");
            shot(terminal, "Enter, and \"/bye\"");
        }
        Path folder = Files.createDirectories(Path.of("..", "docs", "recordings"));
        Files.writeString(folder.resolve("chat-" + columns + ".txt"), recording);
    }

    private Tmux start(int columns, String flags) {
        Program moka = new Program(home);
        return new Tmux(columns, 40, moka.environment(), home, Program.SCRIPT + flags, Path.of("target", "screens", "recording.txt"));
    }

    private void shot(Tmux terminal, String keys) {
        recording.append("\n=== ").append(keys).append("\n\n").append(terminal.screen()).append('\n');
    }
}

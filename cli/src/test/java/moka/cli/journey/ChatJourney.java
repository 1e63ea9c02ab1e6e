package moka.cli.journey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A chat in a terminal, key by key. The scalar kernels on one thread are slow enough to be interrupted. */
class ChatJourney {
    /** An empty line of input below something; a capture has no spaces at the end of lines. */
    private static final String PROMPT = "\n>";

    private static final String SLOWLY = " --temp 0 --kernels scalar -t 1";

    @TempDir
    Path home;

    private Tmux chat(int columns, int rows, String flags, String name) {
        Program moka = new Program(home);
        return new Tmux(columns, rows, moka.environment(), home, Program.SCRIPT + flags, Path.of("target", "screens", name + ".txt"));
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 40})
    void chatsOverSeveralLinesStopsAnAnswerClearsAndLeaves(int columns) {
        try (Tmux terminal = chat(columns, 40, SLOWLY, "chat-" + columns)) {
            terminal.waitFor(PROMPT);
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("Paris.");
            terminal.keys("\"\"\"", "Enter", "What colour", "Enter", "is the sky?\"\"\"", "Enter");
            terminal.waitFor("is the sky?\"\"\"");
            terminal.waitFor("lue");
            terminal.keys("Tell me a story.", "Enter");
            terminal.waitFor("Once");
            terminal.keys("C-c");
            terminal.waitFor(PROMPT);
            terminal.keys("/show context", "Enter");
            terminal.waitFor("3 turns");
            terminal.keys("/clear", "Enter");
            terminal.waitFor("a new conversation");
            terminal.keys("/bye", "Enter");
            String screen = terminal.waitFor("[exit 0]");
            terminal.record();
            assertFalse(screen.contains("\u001b"), screen);
            assertTrue(screen.lines().allMatch(line -> line.length() <= columns), screen);
        }
    }

    @Test
    void leavesWhenInterruptedTwice() {
        try (Tmux terminal = chat(80, 24, SLOWLY, "interrupted-twice")) {
            terminal.waitFor(PROMPT);
            terminal.keys("some text", "C-c");
            terminal.keys("C-c");
            terminal.waitFor("Ctrl-C again");
            terminal.keys("C-c");
            terminal.waitFor("[exit 130]");
            terminal.record();
        }
    }

    @Test
    void takesPastedLinesCompletesCommandsAndChangesSettings() {
        try (Tmux terminal = chat(80, 40, " --temp 0 --no-save", "paste-and-set")) {
            terminal.waitFor(PROMPT);
            terminal.paste("What is the capital\nof France?");
            terminal.waitFor("of France?");
            terminal.keys("M-Enter", "Say it in one sentence.", "Enter");
            terminal.waitFor(".\n>");
            terminal.keys("/tok", "Tab");
            terminal.waitFor("/tokens");
            terminal.keys("one two", "Enter");
            terminal.waitFor("tokens: [");
            terminal.keys("/set temp 0.5", "Enter");
            terminal.waitFor("temp 0.5");
            terminal.keys("/set temp hot", "Enter");
            terminal.waitFor("'hot'");
            terminal.keys("/nonsense", "Enter");
            terminal.waitFor("unknown command /nonsense");
            terminal.keys("/image cat.png", "Enter");
            terminal.waitFor("not supported");
            terminal.keys("C-d");
            terminal.waitFor("[exit 0]");
            terminal.record();
        }
        assertFalse(Files.exists(home.resolve("state")), "--no-save keeps nothing");
    }

    @Test
    void theUsersEditorChangesTheMessage() throws Exception {
        Path editor = Files.writeString(home.resolve("editor"), "#!/bin/sh\ncp \"$1\" seen\nprintf 'editing: '\nread -r typed\nprintf '%s\\n' \"$typed\" >\"$1\"\n");
        assertTrue(editor.toFile().setExecutable(true));
        Program moka = new Program(home);
        Map<String, String> environment = new HashMap<>(moka.environment());
        environment.put("VISUAL", editor.toString());
        Path recording = Path.of("target", "screens", "editor.txt");
        try (Tmux terminal = new Tmux(80, 24, environment, home, Program.SCRIPT + " chat --temp 0", recording)) {
            terminal.waitFor(PROMPT);
            terminal.keys("What is", "C-g");
            terminal.waitFor("editing:");
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("> What is the capital of France?");
            terminal.keys("Enter");
            terminal.waitFor("> What is the capital of France?\nThe capital of France is Paris." + PROMPT);
            terminal.paste("one\ntwo");
            terminal.waitFor("> one\n  two");
            terminal.record();
        }
        assertEquals("What is", Files.readString(home.resolve("seen")));
    }

    @Test
    void goesOnWithTheLastConversation() throws Exception {
        try (Tmux terminal = chat(80, 24, " --temp 0", "before-resume")) {
            terminal.waitFor(PROMPT);
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("Paris.");
            terminal.keys("/bye", "Enter");
            terminal.waitFor("[exit 0]");
        }
        try (Stream<Path> kept = Files.list(home.resolve("state/chats"))) {
            assertEquals(2, kept.count(), "the conversation, and what was computed");
        }
        try (Tmux terminal = chat(80, 24, " chat --resume --temp 0", "resume")) {
            terminal.waitFor("1 turn goes on, ");
            terminal.waitFor(PROMPT);
            terminal.keys("Up", "Up", "Enter");
            terminal.waitFor("> What is the capital of France?");
            terminal.keys("/undo", "Enter");
            terminal.waitFor("1 turn is left");
            terminal.keys("/bye", "Enter");
            terminal.waitFor("[exit 0]");
            terminal.record();
        }
    }

    @Test
    void twoChatsThatResumeOneConversationKeepBoth() throws Exception {
        Path folder = Files.createDirectories(home.resolve("state/chats"));
        Path shared = Files.writeString(folder.resolve("shared.jsonl"), """
                {"model":"pebble"}
                {"role":"user","content":"Hello"}
                {"role":"assistant","content":"Hello! How can I help you?"}
                """);
        try (Tmux terminal = chat(80, 24, " chat --resume --temp 0", "resumed-twice")) {
            terminal.waitFor("1 turn goes on");
            terminal.waitFor(PROMPT);
            Program.Outcome other = new Program(home).runWith("What colour is the sky?", "chat", "--resume", "--temp", "0");
            assertEquals(0, other.exitCode(), other.toString());
            String kept = Files.readString(shared);
            assertTrue(kept.contains("What colour is the sky?"), kept);
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("the conversation shared was continued by another chat");
            terminal.keys("Thank you.", "Enter");
            terminal.waitFor("> Thank you.");
            terminal.waitFor(PROMPT);
            terminal.keys("/bye", "Enter");
            terminal.waitFor("[exit 0]");
            terminal.record();
            assertEquals(kept, Files.readString(shared));
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> own = files.filter(file -> file.toString().endsWith(".jsonl") && !file.equals(shared)).toList();
            assertEquals(1, own.size(), own.toString());
            List<String> lines = Files.readAllLines(own.getFirst());
            assertEquals(7, lines.size(), lines.toString());
            assertTrue(lines.get(3).contains("What is the capital of France?"), lines.toString());
        }
    }

    @Test
    void writesAnswersAloneIntoAPipe() throws Exception {
        Program moka = new Program(home);
        Path recording = Path.of("target", "screens", "no-colour.txt");
        String command = "NO_COLOR=1 " + Program.SCRIPT + " --temp 0 | tee " + home.resolve("piped");
        try (Tmux terminal = new Tmux(80, 24, moka.environment(), home, command, recording)) {
            terminal.waitFor(PROMPT);
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("Paris.");
            terminal.keys("C-d");
            terminal.waitFor("[exit 0]");
            assertEquals("The capital of France is Paris.\n", Files.readString(home.resolve("piped")));
        }
    }
}

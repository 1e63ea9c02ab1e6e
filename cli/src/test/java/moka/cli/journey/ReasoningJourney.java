package moka.cli.journey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import moka.cli.journey.Program.Outcome;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that thinks between control tokens: dimmed in a terminal, folded where that is wished, never in a pipe. */
class ReasoningJourney {
    private static final String PROMPT = "\n>";
    private static final String DIM_THOUGHT = "\u001b[2mFrance is";

    @TempDir
    Path home;

    private Program moka;

    @BeforeEach
    void files() throws IOException {
        moka = new Program(home);
        ThinkingModel.write(home.resolve("thinking.gguf"));
        Files.writeString(home.resolve("forced.gbnf"), ThinkingModel.GRAMMAR);
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 40})
    void showsReasoningDimmedAndFoldsItAway(int columns) {
        String command = Program.SCRIPT + " chat thinking.gguf --grammar forced.gbnf --no-save";
        try (Tmux terminal = new Tmux(columns, 40, moka.environment(), home, command, Path.of("target", "screens", "reasoning-" + columns + ".txt"))) {
            terminal.waitFor(PROMPT);
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("**course**." + PROMPT);
            assertTrue(terminal.styledScreen().contains(DIM_THOUGHT), terminal.styledScreen());
            terminal.keys("/set hide-thinking on", "Enter");
            terminal.waitFor("hide-thinking on" + PROMPT);
            terminal.keys("Again?", "Enter");
            String folded = terminal.waitFor("(thought for ");
            assertEquals(1, folded.split("France is a country", -1).length - 1, folded);
            terminal.waitFor("unfolds it)\nParis, of **course**." + PROMPT);
            terminal.keys("/show reasoning", "Enter");
            terminal.waitFor("/show reasoning\nFrance is a country.");
            terminal.keys("/bye", "Enter");
            String screen = terminal.waitFor("[exit 0]");
            terminal.record();
            assertFalse(screen.contains("think>"), screen);
        }
    }

    @Test
    void aPipeHoldsTheAnswerAlone() {
        assertEquals(new Outcome(0, "Paris, of **course**.\n", ""), ask("run"));
        assertEquals(new Outcome(0, "Paris, of **course**.\n", ""), ask("chat"));
        assertEquals(
                "{\"prompt\":\"Well?\",\"answer\":\"Paris, of **course**.\","
                        + "\"reasoning_content\":\"France is a country. Its capital is Paris.\"}\n",
                moka.runWith("Well?\n", "run", "thinking.gguf", "--grammar", "forced.gbnf", "--each-line", "-f", "-").out());
        Outcome asWritten = ask("run", "--reasoning-format", "none");
        assertTrue(asWritten.out().contains("Its capital is Paris."), asWritten.out());
    }

    private Outcome ask(String command, String... flags) {
        String[] args = new String[flags.length + 6];
        System.arraycopy(new String[] {command, "thinking.gguf", "--grammar", "forced.gbnf", "-p", "Well?"}, 0, args, 0, 6);
        System.arraycopy(flags, 0, args, 6, flags.length);
        return moka.run(args);
    }
}

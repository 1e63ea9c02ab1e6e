package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import moka.cli.TestStreams.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guessing ahead from the command line: the same answers, and clear words where it cannot be. */
class SpeculationFlagsTest {
    private static final String QUESTION = "Repeat: red green blue red green blue red green blue";

    private static Outcome answer(String... flags) {
        List<String> args = new ArrayList<>(List.of("run", "-p", QUESTION, "--temp", "0", "--ignore-eos", "-n", "40", "--verbose"));
        args.addAll(List.of(flags));
        return TestStreams.run(args.toArray(String[]::new));
    }

    @Test
    void greedyAnswersAreTheSameHoweverTokensAreGuessed() {
        Outcome plain = answer();
        assertEquals(0, plain.exitCode(), plain.err());
        assertTrue(!plain.out().isBlank() && !plain.err().contains("guesses"), plain.err());
        List<String[]> ways = List.of(
                new String[] {"--lookup"},
                new String[] {"--spec-type", "ngram-simple", "--draft-max", "15", "--lookup-ngram", "2"},
                new String[] {"-md", "pebble"},
                new String[] {"--model-draft", "pebble", "--draft-max", "3", "--draft-min", "1", "--draft-p-min", "0.5", "-td", "1"});
        for (String[] way : ways) {
            Outcome guessed = answer(way);
            assertEquals(plain.out(), guessed.out(), String.join(" ", way));
            assertTrue(guessed.err().contains("guesses accepted"), guessed.err());
        }
    }

    @Test
    void refusesWhatDoesNotGoTogether() {
        assertUsage("--lookup and --model-draft exclude each other", "run", "-p", "x", "--lookup", "-md", "pebble");
        assertUsage("draft-simple needs --model-draft", "run", "-p", "x", "--spec-type", "draft-simple");
        assertUsage("expected none, ngram-simple or draft-simple", "run", "-p", "x", "--spec-type", "magic");
        assertUsage("found 16, expected 1 to 15", "run", "-p", "x", "--lookup", "--draft-max", "16");
        assertUsage("expected 0 to 8", "run", "-p", "x", "--lookup", "--draft-min", "9");
        assertUsage("leave out --lookup", "run", "--each-line", "-f", "-", "-np", "2", "--lookup");
    }

    private static void assertUsage(String part, String... args) {
        Outcome outcome = TestStreams.run(args);
        assertEquals(2, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(part), outcome.err());
    }

    @Test
    void linesOfABatchAreGuessedToo(@TempDir Path folder) throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), QUESTION + "\nWhat is the capital of France?\n");
        Outcome plain = TestStreams.run("run", "--each-line", "-f", prompts.toString(), "--temp", "0", "-n", "30");
        Outcome guessed = TestStreams.run("run", "--each-line", "-f", prompts.toString(), "--temp", "0", "-n", "30", "--lookup");
        assertEquals(0, plain.exitCode(), plain.err());
        assertEquals(plain.out(), guessed.out());
        assertEquals(0, guessed.exitCode(), guessed.err());
    }
}

package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import moka.cli.TestStreams.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many prompts in a pipe: answers on standard output, and one line behind them. */
class BatchTest {
    private static final String QUESTION = "What is the capital of France?";
    private static final String LAST_LINE = "moka: %d answers, %s tokens in \\d+\\.\\d s \\(\\d+\\.\\d tokens/s\\)\n";

    @Test
    void tellsItsSpeedAtTheEndWithoutATerminalToo() {
        Outcome outcome = TestStreams.run(
                (QUESTION + "\n").repeat(3), Map.of(), "run", "--each-line", "-f", "-", "--temp", "0", "--ignore-eos", "-n", "5");
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertEquals(3, outcome.out().lines().count(), outcome.out());
        assertTrue(outcome.err().matches(LAST_LINE.formatted(3, "15")), outcome.err());
    }

    @Test
    void countsOnlyWhatItAnsweredNow(@TempDir Path folder) throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), (QUESTION + "\n").repeat(3));
        Path answers = folder.resolve("answers.jsonl");
        String[] args = {"run", "--each-line", "-f", prompts.toString(), "-o", answers.toString(), "--temp", "0", "--ignore-eos", "-n", "4"};
        Outcome whole = TestStreams.run(args);
        assertTrue(whole.err().matches(LAST_LINE.formatted(3, "12")), whole.err());
        String first = Files.readAllLines(answers).getFirst() + "\n";
        Files.writeString(answers, first);
        Outcome rest = TestStreams.run(args);
        assertEquals(3, Files.readAllLines(answers).size());
        assertTrue(rest.err().endsWith("\n" + rest.err().lines().toList().getLast() + "\n"), rest.err());
        assertTrue((rest.err().lines().toList().getLast() + "\n").matches(LAST_LINE.formatted(2, "8")), rest.err());
    }

    @Test
    void leavesAFileAloneThatAnotherIsWriting(@TempDir Path folder) throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), QUESTION + "\n");
        Path answers = Files.writeString(folder.resolve("answers.jsonl"), "{\"prompt\"");
        try (FileChannel other = FileChannel.open(answers, StandardOpenOption.WRITE)) {
            other.lock();
            Outcome outcome = TestStreams.run("run", "--each-line", "-f", prompts.toString(), "-o", answers.toString());
            assertEquals(new Outcome(1, "", "moka: " + answers + ": another process is writing it\n"), outcome);
        }
        assertEquals("{\"prompt\"", Files.readString(answers));
    }
}

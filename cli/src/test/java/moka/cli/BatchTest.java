package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
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
    void aBadLineIsAnErrorOfItsOwnAmongAnswers() {
        String good = "{\"prompt\":\"" + QUESTION + "\",\"id\":7}";
        List<String> bad = List.of(
                "{\"prompt\":", "7", "{}", "{\"prompt\":1}", good.replace("7", "7,\"temperature\":1e99"), good.replace("7", "7,\"temperature\":\"hot\""),
                good.replace("7", "7,\"top_k\":1.5"), good.replace("7", "7,\"seed\":1e30"), good.replace("7", "7,\"stop\":7"),
                good.replace("7", "7,\"grammar\":\"root ::= (\""), good.replace("7", "7,\"json_schema\":{\"type\":\"no\"}"),
                "{\"messages\":[]}", "{\"messages\":[{}]}", "{\"messages\":7}");
        String input = good + "\r\n\n" + String.join("\n", bad) + "\n" + good;
        Outcome outcome = TestStreams.run(input, Map.of(), "run", "--jsonl", "-", "--temp", "0");
        List<String> lines = outcome.out().lines().toList();
        assertEquals(1, outcome.exitCode(), outcome.err());
        assertEquals(bad.size() + 2, lines.size(), outcome.out());
        assertTrue(lines.getFirst().contains("\"answer\":\"The capital of France is Paris.\""), outcome.out());
        assertEquals(lines.getFirst(), lines.getLast());
        lines.subList(1, lines.size() - 1).forEach(line -> assertTrue(line.contains("\"error\":") && !line.contains("internal error"), line));
        assertTrue(lines.get(1).contains("standard input line 3: malformed JSON"), lines.get(1));
        assertTrue(outcome.err().contains(bad.size() + " of " + lines.size() + " lines failed"), outcome.err());
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
    void goesOnBehindWholeLinesAloneAndRefusesOthersAnswers(@TempDir Path folder) throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), (QUESTION + "\n").repeat(2));
        Path answers = folder.resolve("answers.jsonl");
        String[] args = {"run", "--each-line", "-f", prompts.toString(), "-o", answers.toString(), "--temp", "0", "-n", "4"};
        String line = "{\"prompt\":\"" + QUESTION + "\",\"answer\":\"é\"}";
        Files.writeString(answers, line + "\r\n" + line.substring(0, 20));
        assertEquals(0, TestStreams.run(args).exitCode());
        assertEquals(line, Files.readAllLines(answers).getFirst());
        assertEquals(2, Files.readAllLines(answers).size());

        String tooMany = (line + "\n").repeat(3);
        Files.writeString(answers, tooMany);
        Outcome more = TestStreams.run(args);
        String advice = " of " + prompts + ": name another -o file, or remove this one\n";
        assertEquals(new Outcome(1, "", "moka: " + answers + ": has more than 2 lines, expected at most the 2 lines" + advice), more);
        assertEquals(tooMany, Files.readString(answers));

        Files.writeString(answers, "a note without an end of line");
        Outcome note = TestStreams.run(args);
        assertEquals(1, note.exitCode(), note.err());
        assertTrue(note.err().startsWith("moka: " + answers + ": line 1 has no end and is not the beginning of an answer"), note.err());
        assertEquals("a note without an end of line", Files.readString(answers));

        Files.writeString(answers, line + "\n{}\n");
        Outcome foreign = TestStreams.run(args);
        assertEquals(new Outcome(1, "", "moka: " + answers + ": line 2 is not the answer, expected that to line 2" + advice), foreign);
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

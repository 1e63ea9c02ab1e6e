package moka.cli.journey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import moka.cli.journey.Program.Outcome;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in pipes: standard output, standard error and exit code, all of each. */
class PipeJourney {
    private static final String QUESTION = "What is the capital of France?";
    private static final String ANSWER = "The capital of France is Paris.\n";

    @TempDir
    Path home;

    private Program moka;

    @BeforeEach
    void program() {
        moka = new Program(home);
    }

    @Test
    void answersOnStandardOutputAndSaysNothingElse() {
        assertEquals(new Outcome(0, ANSWER, ""), moka.run("run", "-p", QUESTION, "--temp", "0"));
    }

    @Test
    void takesThePromptFromAPipeAndNeverPrompts() {
        assertEquals(new Outcome(0, ANSWER, ""), moka.runWith(QUESTION, "run", "-f", "-", "--temp", "0"));
        assertEquals(new Outcome(0, ANSWER, ""), moka.runWith(QUESTION + "\n", "--temp", "0"));
        Outcome nothing = moka.run("chat");
        assertEquals(2, nothing.exitCode());
        assertEquals("", nothing.out());
        assertTrue(nothing.err().startsWith("moka: nothing was piped in"), nothing.err());
    }

    @Test
    void refusesWrongUsageWithTwo() {
        Outcome flag = moka.run("run", "--no-such-flag");
        assertEquals(2, flag.exitCode());
        assertEquals("", flag.out());
        assertEquals("moka: Unknown option: '--no-such-flag'\nTry 'moka run --help'.\n", flag.err());
        Outcome value = moka.run("run", "-p", "x", "--temp", "warm");
        assertEquals(2, value.exitCode());
        assertTrue(value.err().contains("'warm'"), value.err());
        assertEquals(2, moka.run("no-such-command").exitCode());
    }

    @Test
    void saysInOneLineWhatFailedWithOne() throws IOException {
        assertEquals(new Outcome(1, "", "moka: missing.gguf: not found, expected a file at missing.gguf\n"), moka.run("run", "missing.gguf", "-p", "x"));
        Files.writeString(home.resolve("text.gguf"), "no model");
        Outcome malformed = moka.run("run", "text.gguf", "-p", "x");
        assertEquals(1, malformed.exitCode());
        assertEquals("", malformed.out());
        assertTrue(malformed.err().startsWith("moka: text.gguf") && malformed.err().lines().count() == 1, malformed.err());
    }

    @Test
    void isQuietWhenNobodyReadsOn() {
        Outcome outcome = moka.shell("{ moka inspect --full; echo $? >&2; } | head -n 1");
        assertEquals(0, outcome.exitCode());
        assertEquals(1, outcome.out().lines().count());
        assertEquals("0\n", outcome.err());
    }

    @Test
    void leavesWithOneHundredAndThirtyWhenInterrupted() throws Exception {
        assumeFalse(interruptsAreIgnored(), "an interrupt: the tests were started where it is ignored, as in the background of a shell");
        Process process = moka.start(List.of(
                Program.SCRIPT.toString(), "run", "-p", "Tell me a story.", "--ignore-eos", "--kernels", "scalar", "-t", "1"));
        process.getInputStream().read();
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        Outcome outcome = Program.finish(process, "");
        assertEquals(130, outcome.exitCode(), outcome.err());
        assertTrue(outcome.out().endsWith("\n"), outcome.out());
    }

    /** Programs inherit that a signal is ignored, and the JVM leaves it so. */
    private static boolean interruptsAreIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        String mask = Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:")).findFirst().orElse("SigIgn: 0");
        int interrupt = 2;
        return (Long.parseUnsignedLong(mask.substring(mask.indexOf(':') + 1).strip(), 16) >>> interrupt - 1 & 1) != 0;
    }

    @Test
    void goesOnWithABatchThatWasKilled() throws Exception {
        Path prompts = Files.writeString(home.resolve("prompts.txt"), (QUESTION + "\n").repeat(60));
        Path answers = home.resolve("answers.jsonl");
        List<String> command = List.of(
                Program.SCRIPT.toString(), "run", "-f", prompts.toString(), "--each-line", "-o", answers.toString(), "--temp", "0");
        Process process = moka.start(command);
        while (process.isAlive() && (!Files.exists(answers) || Files.size(answers) < 200)) {
            Thread.sleep(5);
        }
        process.destroyForcibly().waitFor();
        long before = Files.readString(answers).chars().filter(c -> c == '\n').count();
        Outcome again = Program.finish(moka.start(command), "");
        assertEquals(0, again.exitCode(), again.err());
        assertTrue(again.err().contains("has " + before + " of 60 answers"), again.err());
        List<String> lines = Files.readAllLines(answers);
        assertEquals(60, lines.size());
        assertTrue(lines.stream().allMatch(line -> line.contains("Paris")), lines.toString());
    }

    @Test
    void readsTheConfigurationAndRefusesNamesThatNobodyKnows() throws IOException {
        Path folder = Files.createDirectories(home.resolve(".config/moka"));
        Files.writeString(folder.resolve("config"), "temp = 0\n[run]\nmax-tokens = 2\n");
        assertEquals(new Outcome(0, "The capital\n", ""), moka.run("run", "-p", QUESTION));
        assertEquals(new Outcome(0, ANSWER, ""), moka.run("run", "-p", QUESTION, "-n", "99"));
        Files.writeString(folder.resolve("config"), "tempp = 0\n");
        Outcome unknown = moka.run("run", "-p", QUESTION);
        assertEquals(2, unknown.exitCode());
        assertTrue(unknown.err().contains("'tempp' is no option of any command"), unknown.err());
    }

    @Test
    void completesInTheShellsThatAreThere() throws IOException {
        Path script = Files.writeString(home.resolve("moka.bash"), moka.run("completion", "bash").out());
        if (Files.isExecutable(Path.of("/bin/bash"))) {
            Outcome outcome = moka.shell("/bin/bash -c 'source " + script
                    + "; COMP_WORDS=(moka run --top-); COMP_CWORD=2; _moka; echo \"${COMPREPLY[@]}\"'");
            assertEquals(new Outcome(0, "--top-k --top-p --top-nsigma --top-n-sigma\n", ""), outcome);
        }
    }
}

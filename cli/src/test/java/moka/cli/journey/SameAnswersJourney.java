package moka.cli.journey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import moka.cli.journey.Program.Outcome;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same greedy answer from every number of threads, kernel set and width, from a cold JVM, and from one that is told to use less of the processor. */
class SameAnswersJourney {
    private static final String ANSWER =
            "Once upon a time there was a young lion named Ben. He had a home in a little house. He was very\n";

    @TempDir
    Path home;

    @ParameterizedTest
    @CsvSource({
        "'', -t 1", "'', -t 2", "'', -t 4", "'', --kernels scalar -t 3", "-XX:TieredStopAtLevel=1, ''",
        "'', --kernels vector --vector-bits 128", "'', --kernels vector --vector-bits 256", "'', --kernels vector --vector-bits 512",
        "-XX:UseAVX=0, ''", "-XX:UseAVX=1, ''", "-XX:UseAVX=2, ''", "-XX:UseAVX=3, ''",
        "-XX:UseAVX=1, --kernels vector", "-XX:UseAVX=2, --kernels vector"
    })
    void answerIsTheSame(String java, String options) {
        Program moka = new Program(home);
        Outcome found = moka.shell("export MOKA_JAVA_OPTS='" + java + "'; moka run -p 'Tell me a story.' --temp 0 -n 24 " + options);
        if (found.exitCode() == 1 && options.contains("--kernels")) {
            // A set that is asked for by name and cannot be used says why.
            assertTrue(found.err().startsWith("moka: kernels '") && found.err().lines().count() == 1, found.err());
            Assumptions.abort("skipped: " + java + " " + options + ": " + found.err().strip());
        }
        assertEquals(new Outcome(0, ANSWER, ""), found);
    }
}

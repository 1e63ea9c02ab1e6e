package moka.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import moka.cli.terminal.Output;
import moka.cli.terminal.Streams;

/** Runs a command line inside of the test, as in a pipe. */
final class TestStreams {
    /** What came out. */
    record Outcome(int exitCode, String out, String err) {}

    private TestStreams() {}

    static Streams pipe(String input, Map<String, String> environment, ByteArrayOutputStream out, ByteArrayOutputStream err) {
        return new Streams(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new Output(out),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                false,
                80,
                environment);
    }

    static Outcome run(String input, Map<String, String> environment, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = new Moka(pipe(input, environment, out, err)).run(args);
        return new Outcome(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static Outcome run(String... args) {
        return run("", Map.of(), args);
    }
}

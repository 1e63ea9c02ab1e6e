package moka.cli.journey;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The packaged program, started by its script as a user starts it. */
final class Program {
    static final Path SCRIPT = Path.of("..", "moka").toAbsolutePath().normalize();
    private static final Path JAR = Path.of("target", "moka.jar").toAbsolutePath();
    private static final long SECONDS = 300;

    private final Path home;

    /** @param home stands for the user's home: nothing of the real one is read or written */
    Program(Path home) {
        Assumptions.assumeTrue(Files.isRegularFile(JAR), "skipped: journeys, for cli/target/moka.jar is not there (mvn verify makes it)");
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "skipped: journeys, for there is no /bin/sh");
        this.home = home;
    }

    /** What came out. */
    record Outcome(int exitCode, String out, String err) {}

    /** Runs the program with nothing on standard input. */
    Outcome run(String... args) {
        return runWith("", args);
    }

    /** Runs the program with this on standard input. */
    Outcome runWith(String input, String... args) {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(List.of(args));
        return finish(start(command), input);
    }

    /** Runs a line of the shell, in which {@code moka} is the program. */
    Outcome shell(String line) {
        return finish(start(List.of("/bin/sh", "-c", "moka() { \"" + SCRIPT + "\" \"$@\"; }; " + line)), "");
    }

    Process start(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile());
        environment().forEach(builder.environment()::put);
        List.of("MOKA_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "NO_COLOR", "MOKA_JAVA_OPTS").forEach(builder.environment()::remove);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Map<String, String> environment() {
        return Map.of(
                "HOME", home.toString(), "MOKA_STATE", home.resolve("state").toString(), "MOKA_NO_BUILD", "1",
                "JAVA_HOME", System.getProperty("java.home"));
    }

    static Outcome finish(Process process, String input) {
        try {
            StringBuilder err = new StringBuilder();
            Thread reader = Thread.ofVirtual().start(() -> err.append(text(process.getErrorStream())));
            try (var target = process.getOutputStream()) {
                target.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                err.append(""); // it does not read its input
            }
            String out = text(process.getInputStream());
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("not finished after " + SECONDS + " s: " + out + err);
            }
            reader.join();
            return new Outcome(process.exitValue(), out, err.toString());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(InputStream stream) {
        try {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

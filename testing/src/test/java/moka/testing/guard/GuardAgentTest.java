package moka.testing.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import moka.guarded.Stray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process that strays by a byte ends, one that does not gets its memory as usual. */
class GuardAgentTest {
    private static final String FAULT = "SIGSEGV";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "end, read, 128, 128, 64, " + FAULT,
        "end, read, 127, 127, 1, " + FAULT,
        "end, write, 128, 128, 64, " + FAULT,
        "start, read, 100, -1, 64, " + FAULT,
        // Within what alignment leaves free, or on the other side: reads give ones, writes are found at the end.
        "end, read, 100, 100, 64, 255",
        "end, write, 100, 100, 64, " + GuardedPages.EXIT_CODE,
        "start, write, 100, 3000, 16, " + GuardedPages.EXIT_CODE,
        "end, read, 128, 127, 64, 0",
        "start, read, 100, 0, 64, 0",
        "end, write, 100, 99, 1048576, 0"
    })
    void endsWhoStrays(String side, String access, String size, String offset, String alignment, String expected) throws Exception {
        assertEquals(expected, start(side, access, size, offset, alignment));
    }

    @Test
    void saysHowMuchWasGuarded() throws Exception {
        assertEquals("0", start("end," + folder.resolve("report"), "read", "100", "0", "1"));
        assertTrue(Files.readString(folder.resolve("report")).startsWith("2 allocations of 108 bytes between guard pages (END), 2 at"));
    }

    /** @return the signal that ended the process, or its exit code */
    private String start(String agent, String... arguments) throws IOException, InterruptedException {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "skipped: guard pages, which are for Linux only");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var command = new java.util.ArrayList<>(List.of(
                java, "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null", "--enable-native-access=ALL-UNNAMED",
                "-javaagent:" + agentJar() + "=" + agent, "-cp", System.getProperty("java.class.path"), Stray.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode = process.waitFor();
        return output.contains(FAULT) ? FAULT : Integer.toString(exitCode);
    }

    /** The manifest alone: the classes are on the class path. */
    private Path agentJar() throws IOException {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", GuardAgent.class.getName());
        Path jar = folder.resolve("agent.jar");
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
        return jar;
    }
}

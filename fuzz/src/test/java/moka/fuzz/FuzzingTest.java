package moka.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes each parser for {@code -Dfuzz.time}. The fuzzer takes a process for itself, so each harness gets its own; what it says of its
 * progress goes to {@code target/fuzz/HARNESS.log}.
 */
class FuzzingTest {
    private static final Path CLASSES = Path.of("target", "test-classes");
    private static final Path LOGS = Path.of("target", "fuzz");

    static List<String> harnesses() throws IOException {
        String ending = System.getProperty("fuzz.parser", "").replace("*", "") + "Fuzz.class";
        try (Stream<Path> files = Files.walk(CLASSES)) {
            return files.filter(it -> it.getFileName().toString().endsWith(ending))
                    .map(it -> CLASSES.relativize(it).toString().replace(File.separatorChar, '.').replaceAll("\\.class$", ""))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("harnesses")
    void nothingIsFound(String harness) throws IOException, InterruptedException {
        Path log = Files.createDirectories(LOGS).resolve(harness + ".log");
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-Djazzer.max_duration=" + System.getProperty("fuzz.time", "2s"));
        command.add("-Djazzer.instrumentation_includes=moka.**");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), OneHarness.class.getName(), harness));
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAZZER_FUZZ", "1");
        assertEquals(0, builder.start().waitFor(), () -> harness + " found something, or could not run: see " + log);
    }
}

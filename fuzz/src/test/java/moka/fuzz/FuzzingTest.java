package moka.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes each parser for {@code -Dfuzz.time}, two at a time. The fuzzer takes a process for itself, so each harness gets its own; what it says of its
 * progress goes to {@code target/fuzz/HARNESS.log}.
 */
class FuzzingTest {
    private static final Path CLASSES = Path.of("target", "test-classes");
    private static final Path LOGS = Path.of("target", "fuzz");
    private static final int AT_A_TIME = 2;
    private static final ExecutorService POOL = Executors.newFixedThreadPool(AT_A_TIME);
    private static final Map<String, Future<Integer>> EXIT_CODES = new HashMap<>();

    static List<String> harnesses() throws IOException {
        String ending = System.getProperty("fuzz.parser", "").replace("*", "") + "Fuzz.class";
        try (Stream<Path> files = Files.walk(CLASSES)) {
            return files.filter(it -> it.getFileName().toString().endsWith(ending))
                    .map(it -> CLASSES.relativize(it).toString().replace(File.separatorChar, '.').replaceAll("\\.class$", ""))
                    .sorted()
                    .toList();
        }
    }

    @BeforeAll
    static void start() throws IOException {
        Files.createDirectories(LOGS);
        harnesses().forEach(harness -> EXIT_CODES.put(harness, POOL.submit(() -> fuzz(harness))));
    }

    @AfterAll
    static void stop() {
        POOL.shutdownNow();
    }

    @ParameterizedTest
    @MethodSource("harnesses")
    void nothingIsFound(String harness) throws ExecutionException, InterruptedException {
        assertEquals(0, EXIT_CODES.get(harness).get(), () -> harness + " found something, or could not run: see " + log(harness));
    }

    private static Path log(String harness) {
        return LOGS.resolve(harness + ".log");
    }

    /** @return the exit code of the process */
    private static int fuzz(String harness) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-Djazzer.max_duration=" + System.getProperty("fuzz.time", "10s"));
        command.add("-Djazzer.instrumentation_includes=moka.**");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), OneHarness.class.getName(), harness));
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log(harness).toFile());
        builder.environment().put("JAZZER_FUZZ", "1");
        return builder.start().waitFor();
    }
}

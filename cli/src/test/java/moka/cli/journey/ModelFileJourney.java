package moka.cli.journey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import moka.cli.journey.Program.Outcome;
import moka.models.DefaultModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The model's file is cut, written over, replaced or deleted while the program has it open. */
class ModelFileJourney {
    private static final String TEXT = "The quick brown fox jumps over the lazy dog. ".repeat(28);
    private static final String CONVERSATION = """
            {"model":"pebble"}
            {"role":"user","content":"Hello"}
            {"role":"assistant","content":"Hello! How can I help you?"}
            """;

    @TempDir
    Path home;

    private Program moka;
    private Path model;

    private enum Fault {
        CUT(true),
        EMPTIED(true),
        WRITTEN_OVER(true),
        REPLACED(false),
        DELETED(false);

        /** Whether the program notices: the map keeps a file that has no name any more. */
        final boolean noticed;

        Fault(boolean noticed) {
            this.noticed = noticed;
        }
    }

    @BeforeEach
    void files() throws IOException {
        moka = new Program(home);
        assumeTrue(
                System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux") && System.getProperty("os.arch").equals("amd64"),
                "skipped: files that shrink while they are open, which this system does not let us survive");
        model = home.resolve("model.gguf");
        try (InputStream stream = DefaultModel.open()) {
            Files.copy(stream, model);
        }
    }

    private void happen(Fault fault) throws IOException {
        switch (fault) {
            case CUT -> cut(200_000);
            case EMPTIED -> cut(0);
            case WRITTEN_OVER -> Files.write(model, new byte[(int) Files.size(model)], StandardOpenOption.WRITE);
            case REPLACED -> Files.move(Files.writeString(home.resolve("other"), "other"), model, StandardCopyOption.REPLACE_EXISTING);
            case DELETED -> Files.delete(model);
        }
    }

    private void cut(long bytes) throws IOException {
        try (var channel = Files.newByteChannel(model, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }

    /** The question comes through a pipe, and takes seconds to read. */
    @ParameterizedTest
    @EnumSource(names = {"CUT", "WRITTEN_OVER", "REPLACED"})
    void aChatEndsInOneLineAndKeepsItsTurns(Fault fault) throws Exception {
        Path kept = Files.createDirectories(home.resolve("state/chats")).resolve("kept.jsonl");
        Files.writeString(kept, CONVERSATION);
        Process process = start("chat", "--resume");
        process.getOutputStream().write(TEXT.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        assertOutcome(fault, process);
        List<String> after = Files.readAllLines(kept);
        assertEquals(fault.noticed ? 3 : 5, after.size());
        // A turn is written with the model's name of now.
        assertEquals(CONVERSATION.lines().skip(fault.noticed ? 0 : 1).toList(), after.subList(fault.noticed ? 0 : 1, 3));
    }

    @ParameterizedTest
    @EnumSource(names = {"CUT", "EMPTIED", "WRITTEN_OVER", "DELETED"})
    void aLongPromptEndsInOneLine(Fault fault) throws Exception {
        Files.writeString(home.resolve("long.txt"), TEXT);
        assertOutcome(fault, start("run", "-f", "long.txt"));
    }

    /** With the slowest kernels. */
    private Process start(String command, String... options) {
        var line = new ArrayList<>(List.of(Program.SCRIPT.toString(), command, "model.gguf"));
        line.addAll(List.of(options));
        line.addAll(List.of("--kernels", "scalar", "-t", "1", "-n", "2"));
        return moka.start(line);
    }

    private void assertOutcome(Fault fault, Process process) throws Exception {
        waitUntilMapped(process);
        Thread.sleep(500);
        happen(fault);
        Outcome outcome = Program.finish(process, "");
        if (fault.noticed) {
            assertEquals(1, outcome.exitCode(), outcome.toString());
            assertEquals("", outcome.out());
            assertEquals(1, outcome.err().lines().count(), outcome.err());
            assertTrue(outcome.err().startsWith("moka: model.gguf: changed while it was open"), outcome.err());
        } else {
            assertEquals(0, outcome.exitCode(), outcome.toString());
            assertEquals("", outcome.err());
        }
    }

    private void waitUntilMapped(Process process) throws Exception {
        String name = model.toRealPath().toString();
        while (process.isAlive()) {
            for (ProcessHandle one : Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList()) {
                if (maps(one).contains(name)) {
                    return;
                }
            }
            Thread.sleep(10);
        }
        throw new AssertionError("it ended before it had opened its model: " + Program.finish(process, ""));
    }

    private static String maps(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/maps"));
        } catch (IOException e) {
            return ""; // it has ended
        }
    }
}

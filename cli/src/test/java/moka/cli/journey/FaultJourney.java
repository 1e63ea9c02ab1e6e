package moka.cli.journey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import moka.cli.journey.Program.Outcome;
import moka.cli.store.LoopbackServer;
import moka.models.DefaultModel;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What goes wrong around the program, and what it makes of it: nothing half-written under its name, nothing lost that was there, one line, the
 * right exit code. The table of all faults and commands is in docs/security.md.
 */
class FaultJourney {
    private static final String QUESTION = "What is the capital of France?";
    private static final String ANSWER = "The capital of France is Paris.\n";
    private static final String QUANTIZE = "moka quantize model.gguf disk/out.gguf Q4_0 --allow-requantize";
    private static final String IMATRIX = "moka imatrix model.gguf -f text.txt -c 32 --chunks 2 -o disk/out.imatrix";
    private static final String BATCH = "moka run model.gguf -f prompts.txt --each-line -o disk/answers.jsonl --temp 0";
    private static final String CHAT = "echo '" + QUESTION + "' | MOKA_STATE=$PWD/disk/state moka chat --resume --temp 0";

    private static final String PULL = "MOKA_MODELS=$PWD/disk moka pull SERVER/model.gguf";

    private static final int ROUNDS = Integer.getInteger("moka.fault.rounds", 2);

    @TempDir
    Path home;

    private Program moka;

    @BeforeEach
    void files() throws IOException {
        moka = new Program(home);
        try (InputStream model = DefaultModel.open()) {
            Files.copy(model, home.resolve("model.gguf"));
        }
        Files.writeString(home.resolve("text.txt"), "The quick brown fox jumps over the lazy dog. ".repeat(40));
        Files.writeString(home.resolve("prompts.txt"), (QUESTION + "\n").repeat(60));
        Files.writeString(home.resolve("kept.jsonl"), conversation());
    }

    private static String conversation() {
        return "{\"model\":\"pebble\"}\n{\"role\":\"user\",\"content\":\"Hello\"}\n{\"role\":\"assistant\",\"content\":\"Hello! How can I help you?\"}\n";
    }

    @ParameterizedTest
    @ValueSource(strings = {QUANTIZE, IMATRIX})
    void aFullDiskLeavesNoFileThatLooksWhole(String command) {
        Outcome outcome = new Disk(moka, home).run("1m", "head -c 1040000 /dev/zero >disk/fill", command);
        assertFailedInOneLine(outcome);
        assertFalse(Files.exists(new Disk(moka, home).left("out.gguf")));
        assertFalse(Files.exists(new Disk(moka, home).left("out.imatrix")));
    }

    @Test
    void aFullDiskLeavesTheAnswersThatWereWritten() throws IOException {
        Disk disk = new Disk(moka, home);
        Outcome outcome = disk.run("4k", "", BATCH);
        assertFailedInOneLine(outcome);
        assertTrue(outcome.err().contains("answers.jsonl"), outcome.err());
        List<String> lines = Files.readAllLines(disk.left("answers.jsonl"));
        assertTrue(lines.size() > 20, lines.size() + " lines");
        assertTrue(lines.subList(0, lines.size() - 1).stream().allMatch(line -> line.contains("Paris.") && line.endsWith("}")), lines.toString());
        // With room again the same command goes on.
        Files.copy(disk.left("answers.jsonl"), home.resolve("answers.jsonl"));
        Outcome again = moka.shell(BATCH.replace("disk/", ""));
        assertEquals(0, again.exitCode(), again.err());
        assertEquals(60, Files.readAllLines(home.resolve("answers.jsonl")).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"head -c 1m /dev/zero >disk/fill", "mount -o remount,ro disk"})
    void aConversationThatCannotBeKeptStaysAsItWas(String fault) throws IOException {
        Disk disk = new Disk(moka, home);
        Outcome outcome = disk.run("64k", "mkdir -p disk/state/chats; cp kept.jsonl disk/state/chats/; " + fault + " 2>/dev/null", CHAT);
        assertEquals(1, outcome.exitCode(), outcome.err());
        assertEquals(ANSWER, outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains("the conversation is not kept"), outcome.err());
        assertEquals(conversation(), Files.readString(disk.left("state/chats/kept.jsonl")));
        try (var files = Files.list(disk.left("state/chats"))) {
            assertEquals(1, files.count(), "no part of a file is left");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {QUANTIZE, IMATRIX, BATCH})
    void aReadOnlyDiskIsToldInOneLine(String command) throws IOException {
        Disk disk = new Disk(moka, home);
        Outcome outcome = disk.run("16m", "mount -o remount,ro disk", command);
        assertFailedInOneLine(outcome);
        try (var files = Files.list(disk.left(""))) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void aDownloadToAFullOrReadOnlyDiskIsToldInOneLine() throws IOException {
        try (LoopbackServer server = new LoopbackServer()) {
            server.put("/model.gguf", Files.readAllBytes(home.resolve("model.gguf")));
            String pull = "MOKA_MODELS=$PWD/disk moka pull " + server.address() + "/model.gguf";
            assertFailedInOneLine(new Disk(moka, home).run("1m", "", pull));
            assertFailedInOneLine(new Disk(moka, home).run("16m", "mount -o remount,ro disk", pull));
        }
    }

    @Test
    void aDownloadThatWasKilledGoesOn() throws Exception {
        byte[] model = Files.readAllBytes(home.resolve("model.gguf"));
        Path file;
        try (LoopbackServer server = new LoopbackServer()) {
            server.put("/model.gguf", model);
            server.breaks.set(1);
            server.breakAfter = 1_000_000;
            server.stalls = true;
            Process process = moka.start(List.of(Program.SCRIPT.toString(), "pull", server.address() + "/model.gguf"));
            Path part = waitForPart();
            process.destroyForcibly().waitFor();
            assertTrue(Files.size(part) < model.length);
            Outcome again = moka.run("pull", server.address() + "/model.gguf");
            assertEquals(0, again.exitCode(), again.err());
            file = Path.of(again.out().strip());
            assertTrue(server.requests.stream().anyMatch(it -> it.contains("bytes=")), server.requests.toString());
        }
        assertEquals(-1, Files.mismatch(home.resolve("model.gguf"), file));
    }

    private Path waitForPart() throws Exception {
        while (true) {
            try (var files = Files.walk(home)) {
                var part = files.filter(it -> it.toString().endsWith(".gguf.part") && it.toFile().length() >= 1_000_000).findFirst();
                if (part.isPresent()) {
                    return part.get();
                }
            }
            Thread.sleep(10);
        }
    }

    /** At two moments each, from the start of the program to its end; more with {@code -Dmoka.fault.rounds}. */
    @ParameterizedTest
    @ValueSource(strings = {QUANTIZE, IMATRIX, CHAT})
    void killedAtAnyMomentItLeavesWholeFilesOrNone(String command) throws Exception {
        var random = new SplittableRandom(command.hashCode());
        Path kept = home.resolve("disk/state/chats/kept.jsonl");
        Files.createDirectories(kept.getParent());
        Files.writeString(kept, conversation());
        long start = System.nanoTime();
        assertEquals(0, moka.shell(command).exitCode());
        int wholeRun = (int) ((System.nanoTime() - start) / 1_000_000);
        for (int round = 0; round < ROUNDS; round++) {
            Files.deleteIfExists(home.resolve("disk/out.gguf"));
            Files.deleteIfExists(home.resolve("disk/out.imatrix"));
            // exec, so that the process to be killed is the program itself and not a shell before it.
            Process process = moka.start(List.of("/bin/sh", "-c", command.replace("moka ", "exec \"" + Program.SCRIPT + "\" ")));
            if (!process.waitFor(random.nextInt(wholeRun), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            if (Files.exists(home.resolve("disk/out.gguf"))) {
                assertEquals(0, moka.run("run", "disk/out.gguf", "-p", QUESTION, "-n", "2").exitCode());
            }
            if (Files.exists(home.resolve("disk/out.imatrix"))) {
                assertEquals(0, moka.run("imatrix", "--in-file", "disk/out.imatrix", "--show-statistics").exitCode());
            }
            List<String> lines = Files.readAllLines(kept);
            lines.forEach(line -> assertTrue(JsonParser.parseString(line).isJsonObject(), line));
            assertTrue(String.join("\n", lines).startsWith(conversation().strip()), "what was kept stays");
            assertEquals(1, lines.size() % 2, "whole turns");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"run -p 'Tell me a story.' --ignore-eos -n 300", "run -f prompts.txt --each-line -n 4", "inspect model.gguf --full", "tokenize -p 'one two three four'"})
    void nobodyReadsOn(String command) {
        Outcome outcome = moka.shell("{ moka " + command + "; echo $? >&2; } | head -c 10");
        assertEquals(10, outcome.out().length());
        assertEquals("0", outcome.err().lines().toList().getLast(), outcome.err());
        assertTrue(outcome.err().lines().count() <= 2, outcome.err());
        assertFailedInOneLine(moka.shell("moka " + command + " >&-"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run -p '" + QUESTION + "' --temp 0", "list", "quantize model.gguf out.gguf Q4_0 --allow-requantize"})
    void needsNoHomeNoTerminalAndNoInput(String command) {
        Outcome outcome = moka.shell("unset HOME MOKA_STATE; setsid -w \"" + Program.SCRIPT + "\" " + command + " <&-");
        assertEquals(0, outcome.exitCode(), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "run model.gguf -p '" + QUESTION + "'", "run model.gguf -f prompts.txt --each-line -n 4", "chat </dev/null -p Hello",
        "quantize model.gguf out.gguf Q4_0 --allow-requantize", "imatrix model.gguf -f text.txt -c 32 --chunks 2 -o out.imatrix"})
    void worksInAHeapOf256Megabytes(String command) {
        Outcome outcome = moka.shell("export MOKA_JAVA_OPTS=-Xmx256m; moka " + command);
        assertEquals(0, outcome.exitCode(), outcome.err());
    }

    @Test
    void saysHowToGetMoreHeap() {
        Outcome outcome = moka.shell("head -c 12000000 /dev/zero | tr '\\0' 'a' >big.txt; export MOKA_JAVA_OPTS=-Xmx16m; moka tokenize -f big.txt");
        assertFailedInOneLine(outcome);
        assertTrue(outcome.err().contains("MOKA_JAVA_OPTS=-Xmx"), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-f '-20y'", "-f '+0 x5000'", "-f '@2038-01-19 03:14:00 x100'"})
    void noClockMatters(String clock) {
        needsFaketime();
        Outcome outcome = moka.shell("export DONT_FAKE_MONOTONIC=1; faketime " + clock + " \"" + Program.SCRIPT + "\" run -p '" + QUESTION + "' --temp 0");
        assertEquals(new Outcome(0, ANSWER, ""), outcome);
    }

    /** Twenty times a second from one time to another, forty years apart. */
    @ParameterizedTest
    @ValueSource(strings = {QUANTIZE, IMATRIX, BATCH, CHAT, PULL})
    void aClockThatJumpsChangesNothing(String command) throws IOException {
        needsFaketime();
        try (LoopbackServer server = new LoopbackServer()) {
            server.put("/model.gguf", Files.readAllBytes(home.resolve("model.gguf")));
            String line = command.replace("SERVER", server.address());
            Path expected = withoutFault(line);
            server.breakAfter = 500_000;
            server.breaks.set(2);
            Outcome outcome = moka.shell("""
                    echo +20y >clock
                    while sleep 0.05; do for time in -20y +20y; do echo $time >next; mv next clock; sleep 0.05; done; done &
                    export DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE=$PWD/clock
                    library=$(faketime +0 sh -c 'echo $LD_PRELOAD')
                    %s
                    code=$?
                    kill $!
                    exit $code
                    """.formatted(line.replace("moka ", "LD_PRELOAD=$library \"" + Program.SCRIPT + "\" ")));
            assertEquals(0, outcome.exitCode(), outcome.err());
            assertSameFiles(expected, home.resolve("disk"));
        }
    }

    /** What a command leaves where all is well; the disk is then as before it. */
    private Path withoutFault(String line) throws IOException {
        prepareDisk();
        assertEquals(0, moka.shell(line).exitCode());
        Path expected = Files.move(home.resolve("disk"), home.resolve("expected"));
        prepareDisk();
        return expected;
    }

    private void prepareDisk() throws IOException {
        Files.createDirectories(home.resolve("disk/state/chats"));
        Files.writeString(home.resolve("disk/state/chats/kept.jsonl"), conversation());
    }

    private void needsFaketime() {
        Assumptions.assumeTrue(moka.shell("faketime --version").exitCode() == 0, "skipped: clocks that jump, for there is no faketime");
    }

    private static void assertSameFiles(Path expected, Path found) throws IOException {
        List<Path> wanted = files(expected);
        List<Path> there = files(found);
        assertFalse(wanted.isEmpty());
        assertEquals(wanted.size(), there.size(), there.toString());
        for (int i = 0; i < wanted.size(); i++) {
            assertEquals(-1, Files.mismatch(wanted.get(i), there.get(i)), there.get(i).toString());
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {QUANTIZE, IMATRIX, PULL})
    void aClosedStandardOutputLosesNoFile(String command) throws IOException {
        try (LoopbackServer server = new LoopbackServer()) {
            server.put("/model.gguf", Files.readAllBytes(home.resolve("model.gguf")));
            String line = command.replace("SERVER", server.address());
            Path expected = withoutFault(line);
            moka.shell("{ " + line + "; } >&-");
            assertSameFiles(expected, home.resolve("disk"));
        }
    }

    /** A turn whose answer nobody could see is none. */
    @Test
    void aChatOnAClosedStandardOutputKeepsWhatWasThere() throws IOException {
        prepareDisk();
        assertFailedInOneLine(moka.shell("{ " + CHAT + "; } >&-"));
        assertEquals(conversation(), Files.readString(home.resolve("disk/state/chats/kept.jsonl")));
    }

    private static void assertFailedInOneLine(Outcome outcome) {
        assertEquals(1, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("moka: "), outcome.err());
    }
}

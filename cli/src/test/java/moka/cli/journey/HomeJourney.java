package moka.cli.journey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A chat in a terminal whose home takes nothing: it goes on, says at each turn what is not kept, and loses nothing that was. */
class HomeJourney {
    private static final String KEPT = "{\"model\":\"pebble\"}\n{\"role\":\"user\",\"content\":\"Hello\"}\n{\"role\":\"assistant\",\"content\":\"Hi\"}\n";

    @TempDir
    Path home;

    @ParameterizedTest
    @ValueSource(strings = {"head -c 1m /dev/zero >disk/fill 2>/dev/null", "mount -o remount,ro disk"})
    void theChatGoesOn(String fault) throws IOException {
        Program moka = new Program(home);
        Disk disk = new Disk(moka, home);
        Files.writeString(home.resolve("kept.jsonl"), KEPT);
        String script = disk.script(
                        "64k",
                        "mkdir -p disk/.local/state/moka/chats; cp kept.jsonl disk/.local/state/moka/chats/; echo before >disk/.local/state/moka/history; " + fault,
                        "unset MOKA_STATE; HOME=$PWD/disk; moka chat --resume --temp 0")
                .toString();
        Path recording = Path.of("target", "screens", fault.startsWith("head") ? "full-home.txt" : "read-only-home.txt");
        try (Tmux terminal = new Tmux(100, 30, moka.environment(), home, "unshare -rm /bin/sh " + script, recording)) {
            terminal.waitFor("1 turn goes on");
            terminal.keys("What is the capital of France?", "Enter");
            terminal.waitFor("not kept: "); // the line is wrapped before it
            terminal.keys("/show context", "Enter");
            terminal.waitFor("2 turns");
            terminal.keys("Up", "Up", "Enter");
            terminal.waitFor("> What is the capital of France?\nThe");
            terminal.keys("/bye", "Enter");
            String screen = terminal.waitFor("[exit 0]");
            terminal.record();
            assertTrue(!screen.contains("Exception") && !screen.contains(".part") && !screen.contains("is kept"), screen);
        }
        assertEquals(KEPT, Files.readString(disk.left(".local/state/moka/chats/kept.jsonl")));
        assertTrue(Files.readString(disk.left(".local/state/moka/history")).startsWith("before\n"));
        try (Stream<Path> files = Files.list(disk.left(".local/state/moka/chats"))) {
            assertEquals(1, files.count(), "no part of a file is left");
        }
    }
}

package moka.engine.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Control groups as the kernel shows them, in both versions. */
class AvailableMemoryTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void ofVersionTwoTheTightestGroupUpwardsCounts() throws IOException {
        unified("slice/unit", "max", 90, 10);
        assertEquals(OptionalLong.empty(), available("0::/slice/unit"));
        unified("slice", Long.toString(600 * MIB), 100, 30);
        assertEquals(OptionalLong.of(530 * MIB), available("0::/slice/unit"));
        unified("slice/unit", Long.toString(200 * MIB), 90, 10);
        assertEquals(OptionalLong.of(120 * MIB), available("0::/slice/unit"));
        unified("slice/unit", Long.toString(50 * MIB), 90, 10);
        assertEquals(OptionalLong.of(0), available("0::/slice/unit"));
    }

    /** Of a model that has run here before. */
    @Test
    void pagesOfFilesThatAreInUseGiveWay() throws IOException {
        unified("g", Long.toString(600 * MIB), 550, 100);
        Files.writeString(folder.resolve("g/memory.stat"), "anon 1\ninactive_file " + 100 * MIB + "\nactive_file " + 400 * MIB + "\n");
        assertEquals(OptionalLong.of(550 * MIB), available("0::/g"));
    }

    @Test
    void ofVersionOneTheMemoryControllerCounts() throws IOException {
        Path group = Files.createDirectories(folder.resolve("memory/docker/x"));
        Files.writeString(group.resolve("memory.limit_in_bytes"), 600 * MIB + "\n");
        Files.writeString(group.resolve("memory.usage_in_bytes"), 100 * MIB + "\n");
        Files.writeString(group.resolve("memory.stat"), "inactive_file 7\ntotal_inactive_file " + MIB + "\ntotal_active_file " + 2 * MIB + "\n");
        assertEquals(OptionalLong.of(503 * MIB), available("5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n0::/docker/x"));
        assertEquals(OptionalLong.empty(), available("5:cpu,cpuacct:/docker/x"));
        Files.writeString(group.resolve("memory.limit_in_bytes"), "9223372036854771712\n");
        assertEquals(OptionalLong.empty(), available("4:memory:/docker/x"));
    }

    /** In a container the group may be named as the host sees it, and not be there. */
    @Test
    void ofAGroupThatCannotBeSeenItsParentsCount() throws IOException {
        unified("", Long.toString(300 * MIB), 100, 0);
        assertEquals(OptionalLong.of(200 * MIB), available("0::/of/the/host"));
        assertEquals(OptionalLong.of(200 * MIB), available("0::/../../elsewhere"));
    }

    @Test
    void whatIsMalformedCountsForNothing() throws IOException {
        unified("g", "some", 1, 1);
        assertEquals(OptionalLong.empty(), available("0::/g"));
        assertEquals(OptionalLong.empty(), available("nonsense"));
        assertEquals(OptionalLong.empty(), AvailableMemory.cgroup(folder.resolve("missing"), folder));
    }

    @Test
    void thisMachineHasSome() {
        assertTrue(AvailableMemory.bytes().isEmpty() || AvailableMemory.bytes().getAsLong() > 0);
    }

    /** A group of version 2. */
    private void unified(String path, String limit, long usedMib, long inactiveFileMib) throws IOException {
        Path group = Files.createDirectories(folder.resolve(path));
        Files.writeString(group.resolve("memory.max"), limit + "\n");
        Files.writeString(group.resolve("memory.current"), usedMib * MIB + "\n");
        Files.writeString(group.resolve("memory.stat"), "anon 1\ninactive_file " + inactiveFileMib * MIB + "\nslab 2\n");
    }

    private OptionalLong available(String membership) throws IOException {
        return AvailableMemory.cgroup(Files.writeString(folder.resolve("membership"), membership + "\n"), folder);
    }
}

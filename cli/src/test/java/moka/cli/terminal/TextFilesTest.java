package moka.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFilesTest {
    @TempDir
    Path folder;

    @Test
    void readsAFileAsUtf8() throws IOException {
        assertEquals("na\u00efve\n", TextFiles.of(Files.writeString(folder.resolve("a"), "na\u00efve\n")));
    }

    @Test
    void leavesAByteOrderMarkOut() throws IOException {
        assertEquals("a\ufeff", TextFiles.of(Files.writeString(folder.resolve("a"), "\ufeffa\ufeff")));
        assertEquals("", TextFiles.of(Files.writeString(folder.resolve("a"), "\ufeff")));
    }

    @Test
    void refusesWhatIsNoText() throws IOException {
        Path file = Files.write(folder.resolve("a"), new byte[] {(byte) 0xFF});
        assertEquals(file + ": not UTF-8 text", assertThrows(CommandFailure.class, () -> TextFiles.of(file)).getMessage());
        assertEquals(
                folder + ": is a directory, expected a text file",
                assertThrows(CommandFailure.class, () -> TextFiles.of(folder)).getMessage());
    }

    /** A file with a hole: nothing of it lies on the disk. */
    @Test
    void refusesMoreThanATextCanBe() throws IOException {
        Path file = folder.resolve("a");
        try (var hole = new RandomAccessFile(file.toFile(), "rw")) {
            hole.setLength(TextFiles.MOST_BYTES + 1L);
        }
        assertEquals(
                file + ": more than 256 MiB, expected a text",
                assertThrows(CommandFailure.class, () -> TextFiles.of(file)).getMessage());
    }
}

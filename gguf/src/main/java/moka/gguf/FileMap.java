package moka.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import moka.gguf.GgufException.Level;
import org.jspecify.annotations.Nullable;

/**
 * A file mapped into memory, read-only, and what it was like then. The descriptor is closed at once: the map alone keeps the file.
 *
 * @param name what messages call the file
 */
record FileMap(Path path, String name, MemorySegment bytes, long size, FileTime modified, Optional<Object> fileKey) {
    /** Maps the whole file for the life of the arena. */
    static FileMap open(Path path, Arena arena) {
        String name = String.valueOf(path.getFileName() == null ? path : path.getFileName());
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw fault(name, "is a directory", "a file", null);
            }
            if (!attributes.isRegularFile()) {
                throw fault(name, "is no regular file", "a file that can be mapped", null); // opening a pipe would wait
            }
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
                long size = channel.size();
                MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
                return new FileMap(
                        path.toAbsolutePath(),
                        name,
                        bytes,
                        size,
                        attributes.lastModifiedTime(),
                        Optional.ofNullable(attributes.fileKey()));
            }
        } catch (NoSuchFileException e) {
            throw fault(name, "not found", "a file at " + path, e);
        } catch (AccessDeniedException e) {
            throw fault(name, "permission denied", "a file that may be read", e);
        } catch (IOException e) {
            throw fault(name, "cannot be read (" + e.getMessage() + ")", "", e);
        }
    }

    /**
     * Compares size and time of modification with those at opening. A file that was deleted or replaced by another is no change: the
     * map keeps the old one.
     *
     * @throws GgufException if they differ
     */
    void checkUnchanged() {
        BasicFileAttributes now;
        try {
            now = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (IOException e) {
            return; // deleted, or out of reach: no sign of a change
        }
        if (fileKey.isPresent() && !fileKey.get().equals(now.fileKey())) {
            return;
        }
        if (now.size() != size) {
            throw fault(
                    name,
                    "changed while it was open: has " + Wording.bytes(now.size()) + " now",
                    "the " + Wording.bytes(size) + " that it had when it was opened",
                    null);
        }
        if (!now.lastModifiedTime().equals(modified)) {
            throw fault(
                    name,
                    "changed while it was open: modified at " + now.lastModifiedTime(),
                    "as it was opened, modified at " + modified,
                    null);
        }
    }

    /** A file whose pages went away while they were copied: the JVM reports InternalError. */
    static GgufException cutWhileRead(String name, InternalError cause) {
        return fault(name, "a part of it cannot be read: the disk fails, or it was cut meanwhile", "", cause);
    }

    private static GgufException fault(String name, String found, String expected, @Nullable Throwable cause) {
        return new GgufException(Level.FILE, name, -1, "", found, expected, "", cause);
    }
}

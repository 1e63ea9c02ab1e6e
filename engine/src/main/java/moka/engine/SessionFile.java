package moka.engine;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import moka.engine.cache.KvCache;
import moka.engine.cache.SavedSequence;

/** A saved session on the disk: it appears whole or not at all, and failures are told in one line. */
final class SessionFile {
    private SessionFile() {}

    /** Writes a temporary file beside {@code path} and renames it. @throws EngineException if it cannot be written */
    static void write(Path path, SavedSequence.Header header, KvCache cache) {
        Path absolute = path.toAbsolutePath();
        Path part = absolute.resolveSibling(
                absolute.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            if (Files.exists(absolute) && !Files.isRegularFile(absolute)) {
                throw new IOException("it is a directory, a device or a pipe");
            }
            if (Files.exists(absolute) && SavedSequence.isForeign(absolute)) {
                throw new IOException("the file holds something else and is not written over");
            }
            try {
                Files.deleteIfExists(part);
                SavedSequence.write(part, header, cache);
                Files.move(part, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new EngineException(path + ": the session cannot be saved: " + reason(e), e);
        }
    }

    /** Fills the cache. @throws EngineException if the file cannot be read, is damaged, or does not fit this model or these options */
    static SavedSequence.Header read(Path path, long fingerprint, int contextLength, KvCache cache) {
        try {
            return SavedSequence.read(path, fingerprint, contextLength, cache);
        } catch (IOException e) {
            throw new EngineException(path + ": the session cannot be restored: " + reason(e), e);
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException none -> "no such file or folder: " + none.getFile();
            case AccessDeniedException denied -> "access denied";
            case FileSystemException failed when failed.getReason() != null -> failed.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}

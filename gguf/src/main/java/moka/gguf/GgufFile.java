package moka.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An open GGUF file, memory-mapped: metadata and tensors. A split model opens by any of its parts and shows the tensors of all.
 * Immutable and safe for use by many threads until closed; closing twice is harmless.
 */
public interface GgufFile extends AutoCloseable {
    /** Maps and reads a file. @throws GgufException if it cannot be read or is malformed */
    static GgufFile open(Path path) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Reads a file that lies in memory. @param name what messages call it */
    static GgufFile of(String name, MemorySegment bytes) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Name for messages: the file name. */
    String name();

    /** 2 or 3. */
    int version();

    boolean bigEndian();

    /** Alignment of tensor data in bytes ({@code general.alignment}, 32 by default). */
    int alignment();

    Metadata metadata();

    /** All tensors in file order (of all parts of a split model). */
    List<GgufTensor> tensors();

    Optional<GgufTensor> tensor(String name);

    /** Bytes of the file, or of all parts. */
    long sizeBytes();

    @Override
    void close();
}

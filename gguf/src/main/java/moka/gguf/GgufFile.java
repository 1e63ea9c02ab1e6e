package moka.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An open GGUF file, memory-mapped: metadata and tensors. A split model opens by any of its parts and shows the tensors of all.
 * Immutable and safe for use by many threads until closed; closing twice is harmless. Metadata outlives the file; the data of a
 * tensor may no longer be touched once the file is closed ({@link IllegalStateException}).
 *
 * <p>Versions 2 and 3 are read, little- and big-endian. The data of a big-endian file is converted at opening, outside the
 * heap, so that it looks like that of a little-endian one: plain numbers, and blocks whose only words are f16 fields; files with
 * other big-endian types are refused.
 *
 * <p><b>If the file changes while it is open.</b> A map shows the file as it is at the moment. Bytes written into it are seen, at
 * once or later, without any sign. Pages that lie beyond the end of a file that was cut cannot be read: bulk copies
 * ({@code MemorySegment.copy}, which is all that opening uses) and interpreted code get {@link InternalError}, but compiled
 * reads of single elements or vectors end the process (measured on JDK 25: C2's code and the Vector API alike), and so does machine
 * code. No reader of maps can hinder that; what can be done is to look before each piece of work: {@link #checkUnchanged()} costs
 * one system call for each part. A file that is deleted, or replaced by rename as downloads and {@link GgufWriter} do, is no such
 * change: the map keeps the old file.
 */
public interface GgufFile extends AutoCloseable {
    /** Maps and reads a file, with all its parts where it is split. @throws GgufException if it cannot be read or is malformed */
    static GgufFile open(Path path) {
        return OpenGgufFile.open(path);
    }

    /** Maps and reads one file, be it a part of a split model or not. @throws GgufException as {@link #open} */
    static GgufFile openPart(Path path) {
        return OpenGgufFile.openPart(path);
    }

    /**
     * Reads a file that lies in memory; the memory stays the caller's and must outlive the file.
     *
     * @param name what messages call it
     */
    static GgufFile of(String name, MemorySegment bytes) {
        return OpenGgufFile.of(name, bytes);
    }

    /** Name for messages: the file name. */
    String name();

    /** 2 or 3. */
    int version();

    /** Whether the file is big-endian (the data of {@link #tensors()} is little-endian all the same). */
    boolean bigEndian();

    /** Alignment of tensor data in bytes ({@code general.alignment}, 32 by default). */
    int alignment();

    /** Keys and values (of the first part of a split model). */
    Metadata metadata();

    /** The same file with other metadata: its tensors, and its memory, so closing either closes both. */
    GgufFile withMetadata(Metadata metadata);

    /** All tensors in file order (of all parts of a split model). */
    List<GgufTensor> tensors();

    /** The tensor of this name. */
    Optional<GgufTensor> tensor(String name);

    /** Bytes of the file, or of all parts. */
    long sizeBytes();

    /** The files: one, or the parts of a split model in order. */
    List<Part> parts();

    /**
     * Checks that the mapped files have the size and the time of modification that they had at opening: some microseconds for each
     * part. For a file in memory nothing is checked. To be called before each forward pass.
     *
     * @throws GgufException if a file changed; the message says how
     */
    void checkUnchanged();

    /** The memory that the file and its further parts are mapped to; empty for a file in memory. */
    List<MemorySegment> maps();

    @Override
    void close();

    /**
     * One file.
     *
     * @param name file name
     * @param sizeBytes length of the file
     * @param dataOffset byte at which tensor data begins
     * @param tensors the tensors in it, in file order
     * @param offsets byte of the file at which the data of each tensor begins
     */
    record Part(String name, long sizeBytes, long dataOffset, List<GgufTensor> tensors, List<Long> offsets) {}
}

package moka.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open safetensors model, memory-mapped: one file, or the shards that a {@code model.safetensors.index.json} names. Immutable and
 * safe for use by many threads until closed; closing twice is harmless. What {@link GgufFile} says of files that change while
 * they are open holds here too.
 */
public interface SafetensorsFile extends AutoCloseable {
    /**
     * Maps and reads a model.
     *
     * @param path a {@code .safetensors} file, an index file {@code .json} of a sharded model, or a directory with a file
     *     {@code model.safetensors.index.json} or {@code model.safetensors}
     * @throws GgufException if it cannot be read or is malformed
     */
    static SafetensorsFile open(Path path) {
        return OpenSafetensorsFile.open(path);
    }

    /**
     * Reads a file that lies in memory; the memory stays the caller's and must outlive the file.
     *
     * @param name what messages call it
     */
    static SafetensorsFile of(String name, MemorySegment bytes) {
        return OpenSafetensorsFile.of(name, bytes);
    }

    /** Name for messages: the file name. */
    String name();

    /** The texts under {@code __metadata__} (of the first file where there are several). */
    Map<String, String> metadata();

    /** All tensors in the order of their data (shard by shard). */
    List<SafetensorsTensor> tensors();

    /** The tensor of this name. */
    Optional<SafetensorsTensor> tensor(String name);

    /** Bytes of the file, or of all shards. */
    long sizeBytes();

    /** Checks that the files are as they were when they were opened. @throws GgufException if one changed */
    void checkUnchanged();

    @Override
    void close();
}

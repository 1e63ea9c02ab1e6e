package moka.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import moka.gguf.GgufException.Level;

/**
 * Writes a GGUF file, tensor by tensor. All tensors are announced first, their data follows in any order. The file takes its
 * name at {@link #commit}, complete and in one step; a writer closed before leaves nothing behind. For one thread.
 *
 * <pre>{@code
 * try (GgufWriter writer = GgufWriter.create(path, metadata, tensors)) {
 *     for (GgufTensorInfo tensor : tensors) {
 *         writer.write(tensor.name(), quantize(tensor));
 *     }
 *     writer.commit();
 * }
 * }</pre>
 */
public final class GgufWriter implements AutoCloseable {
    /**
     * How files are written.
     *
     * @param version 2 or 3
     * @param bigEndian high byte first; data is given little-endian all the same and converted
     */
    public record Options(int version, boolean bigEndian) {
        /** Version 3, little-endian. */
        public static final Options DEFAULT = new Options(3, false);

        /** @throws IllegalArgumentException if the version is not 2 or 3 */
        public Options {
            if (version != 2 && version != 3) {
                throw new IllegalArgumentException("version " + version + ", expected 2 or 3");
            }
        }
    }

    private final List<PartWriter> parts;
    private final Map<String, PartWriter> partOfTensor = new HashMap<>();

    private GgufWriter(List<PartWriter> parts) {
        this.parts = parts;
        for (PartWriter part : parts) {
            part.names().forEach(name -> partOfTensor.put(name, part));
        }
    }

    /** Begins a file of version 3, little-endian. */
    public static GgufWriter create(Path path, Metadata metadata, List<GgufTensorInfo> tensors) {
        return create(path, metadata, tensors, Options.DEFAULT);
    }

    /**
     * Begins a file. The alignment of the data is that of {@code general.alignment}, else 32. Keys of split files are left out.
     *
     * @param metadata the keys and values
     * @param tensors all tensors, in the order in which they will lie in the file
     * @throws IllegalArgumentException if two tensors have the same name, or the options do not allow a type
     * @throws GgufException if the file cannot be made
     */
    public static GgufWriter create(Path path, Metadata metadata, List<GgufTensorInfo> tensors, Options options) {
        checkNames(tensors);
        return new GgufWriter(List.of(PartWriter.create(path, unsplit(metadata), tensors, options)));
    }

    /**
     * Begins a file as {@link #create} does, or goes on with one that a killed process left: tensors that it finished, and that are as it left them, are
     * kept, see {@link #has}. The unfinished file {@code .NAME.unfinished} and its journal {@code .NAME.journal} lie beside the target.
     *
     * @param origin what the data is made from, in any words: what was made from something else is not kept
     * @throws GgufException if the file cannot be made, or another process is writing it
     */
    public static GgufWriter resume(Path path, Metadata metadata, List<GgufTensorInfo> tensors, String origin) {
        checkNames(tensors);
        return new GgufWriter(List.of(PartWriter.resume(path, unsplit(metadata), tensors, origin)));
    }

    private static Metadata unsplit(Metadata metadata) {
        return metadata.toBuilder()
                .remove(SplitFiles.NUMBER_KEY)
                .remove(SplitFiles.COUNT_KEY)
                .remove(SplitFiles.TENSOR_COUNT_KEY)
                .build();
    }

    /** Whether all data of a tensor is there, from this process or one before. */
    public boolean has(String name) {
        return part(name).has(name);
    }

    /**
     * Begins a split model {@code PREFIX-00001-of-0000N.gguf} and so on. The first part has the metadata; the keys of split files are
     * set in all.
     *
     * @param prefix directory and begin of the file names
     * @param parts the tensors of each part; those of the first may be none
     * @throws IllegalArgumentException as {@link #create}, or if there are no parts or more than 65,535
     */
    public static GgufWriter createSplit(
            Path prefix, Metadata metadata, List<List<GgufTensorInfo>> parts, Options options) {
        return split(prefix, metadata, parts, (path, keys, tensors) -> PartWriter.create(path, keys, tensors, options));
    }

    /** Begins a split model as {@link #createSplit} does, or goes on with one as {@link #resume} does. */
    public static GgufWriter resumeSplit(
            Path prefix, Metadata metadata, List<List<GgufTensorInfo>> parts, String origin) {
        return split(prefix, metadata, parts, (path, keys, tensors) -> PartWriter.resume(path, keys, tensors, origin));
    }

    private interface PartMaker {
        PartWriter make(Path path, Metadata keys, List<GgufTensorInfo> tensors);
    }

    private static GgufWriter split(
            Path prefix, Metadata metadata, List<List<GgufTensorInfo>> parts, PartMaker maker) {
        List<GgufTensorInfo> all = parts.stream().flatMap(List::stream).toList();
        checkNames(all);
        if (parts.isEmpty() || parts.size() > 0xffff) {
            throw new IllegalArgumentException(parts.size() + " parts, expected 1 to 65535");
        }
        List<PartWriter> writers = new ArrayList<>();
        try {
            for (int i = 0; i < parts.size(); i++) {
                String name = SplitFiles.partName(String.valueOf(prefix.getFileName()), i + 1, parts.size());
                Metadata keys = (i == 0 ? metadata.toBuilder() : alignmentOf(metadata))
                        .set(SplitFiles.NUMBER_KEY, MetadataValue.of(ValueType.UINT16, i))
                        .set(SplitFiles.COUNT_KEY, MetadataValue.of(ValueType.UINT16, parts.size()))
                        .set(SplitFiles.TENSOR_COUNT_KEY, MetadataValue.of(ValueType.INT32, all.size()))
                        .build();
                writers.add(maker.make(prefix.resolveSibling(name), keys, parts.get(i)));
            }
            return new GgufWriter(writers);
        } catch (Throwable e) {
            writers.forEach(PartWriter::close);
            throw e;
        }
    }

    /** Writes all tensors of a file with other metadata. @throws GgufException if the file cannot be written */
    public static void copy(GgufFile source, Path path, Metadata metadata, Options options) {
        List<GgufTensorInfo> tensors =
                source.tensors().stream().map(GgufTensorInfo::of).toList();
        try (GgufWriter writer = create(path, metadata, tensors, options)) {
            for (GgufTensor tensor : source.tensors()) {
                writer.write(tensor.name(), tensor.data());
            }
            writer.commit();
        }
    }

    /** Bytes that a file of version 3 with these tensors takes. */
    public static long sizeBytes(Metadata metadata, List<GgufTensorInfo> tensors) {
        return PartWriter.sizeBytes(metadata, tensors);
    }

    private static MetadataBuilder alignmentOf(Metadata metadata) {
        MetadataBuilder keys = Metadata.builder(metadata.source());
        MetadataValue alignment = metadata.values().get(GgufReader.ALIGNMENT_KEY);
        return alignment == null ? keys : keys.set(GgufReader.ALIGNMENT_KEY, alignment);
    }

    private static void checkNames(List<GgufTensorInfo> tensors) {
        Map<String, GgufTensorInfo> seen = new HashMap<>();
        for (GgufTensorInfo tensor : tensors) {
            if (seen.put(tensor.name(), tensor) != null) {
                throw new IllegalArgumentException(Wording.tensor(tensor.name()) + " twice, expected each name once");
            }
        }
    }

    /**
     * Writes the data of a tensor as a whole, little-endian.
     *
     * @throws IllegalArgumentException if no such tensor was announced, or the length is not that of its type and shape
     */
    public void write(String name, MemorySegment data) {
        part(name).write(name, data);
    }

    /**
     * Writes the next piece of a tensor: whole blocks of its type. Pieces of several tensors may alternate.
     *
     * @throws IllegalArgumentException if no such tensor was announced, or it is no whole number of blocks or too long
     */
    public void append(String name, MemorySegment piece) {
        part(name).append(name, piece);
    }

    private PartWriter part(String name) {
        PartWriter part = partOfTensor.get(name);
        if (part == null) {
            throw new IllegalArgumentException(Wording.tensor(name) + " was not announced");
        }
        return part;
    }

    /**
     * Gives the file its name, over an older one if there is. Of a split model the first part comes last: where it is, all are.
     *
     * @throws IllegalStateException if data of a tensor is missing; the message names it
     * @throws GgufException if the file cannot be completed
     */
    public void commit() {
        parts.forEach(PartWriter::complete);
        parts.reversed().forEach(PartWriter::rename);
    }

    /** Removes what was not committed. */
    @Override
    public void close() {
        parts.forEach(PartWriter::close);
    }

    static GgufException fault(Path path, String found, IOException cause) {
        String why = !Files.isDirectory(path.toAbsolutePath().getParent())
                ? "its directory does not exist"
                : cause instanceof AccessDeniedException ? "permission denied" : "";
        return new GgufException(
                Level.FILE,
                String.valueOf(path.getFileName()),
                -1,
                "",
                found + " (" + (cause.getMessage() == null ? cause : cause.getMessage()) + ")",
                "",
                why,
                cause);
    }
}

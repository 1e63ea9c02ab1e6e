package moka.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import moka.gguf.GgufException.Level;
import moka.gguf.HeaderReader.Header;
import moka.gguf.TensorTableReader.Entry;
import org.jspecify.annotations.Nullable;

/**
 * Reads one file: header, keys and values, tensor entries, then the places of the data, in the order of the format. Nothing is
 * believed before it is checked against the length of the file.
 */
final class GgufReader {
    static final String ALIGNMENT_KEY = "general.alignment";
    static final int DEFAULT_ALIGNMENT = 32;

    private GgufReader() {}

    /**
     * Reads a file that is mapped or lies in memory.
     *
     * @param arena owns the converted data of a big-endian file
     */
    static GgufPart read(String name, MemorySegment bytes, @Nullable FileMap map, Arena arena) {
        var in = new Cursor(name, bytes.asReadOnly());
        try {
            Header header = HeaderReader.read(in);
            Metadata metadata = new MetadataReader(in).read(header.keyCount());
            int alignment = alignment(in, metadata);
            List<Entry> entries = TensorTableReader.read(in, header.tensorCount());
            long dataBegin = Math.addExact(in.position(), alignment - 1L) & -alignment;
            TensorTableReader.checkPlaces(in, entries, dataBegin, alignment);

            List<GgufTensor> tensors = new ArrayList<>(entries.size());
            List<Long> offsets = new ArrayList<>(entries.size());
            for (Entry entry : entries) {
                long offset = dataBegin + entry.offset();
                MemorySegment data = bytes.asSlice(offset, entry.bytes()).asReadOnly();
                tensors.add(new GgufTensor(
                        entry.name(),
                        entry.type(),
                        entry.shape(),
                        header.bigEndian() ? littleEndian(in, entry, data, arena) : data));
                offsets.add(offset);
            }
            return new GgufPart(
                    name,
                    map,
                    header,
                    metadata,
                    alignment,
                    dataBegin,
                    bytes.byteSize(),
                    List.copyOf(tensors),
                    List.copyOf(offsets));
        } catch (InternalError e) {
            throw FileMap.cutWhileRead(name, e);
        }
    }

    private static int alignment(Cursor in, Metadata metadata) {
        MetadataValue value = metadata.values().get(ALIGNMENT_KEY);
        if (value == null) {
            return DEFAULT_ALIGNMENT;
        }
        in.at(Level.METADATA, () -> Wording.key(ALIGNMENT_KEY));
        if (value.type() != ValueType.UINT32) {
            throw in.fault(-1, "alignment of type " + value.type(), "UINT32");
        }
        long alignment = metadata.requireInteger(ALIGNMENT_KEY);
        if (Long.bitCount(alignment) != 1 || alignment > 1 << 30) {
            throw in.fault(-1, "alignment " + alignment + " of tensor data", "a power of two up to 2^30");
        }
        return (int) alignment;
    }

    private static MemorySegment littleEndian(Cursor in, Entry entry, MemorySegment data, Arena arena) {
        in.at(Level.DATA, entry::subject);
        try {
            return ByteSwap.tensor(entry.type(), data, arena)
                    .orElseThrow(() -> in.fault(
                            entry.begin(),
                            "big-endian data of type " + entry.type(),
                            "a little-endian file",
                            "the byte order of this type's words is not settled: convert the file"));
        } catch (OutOfMemoryError e) { // no memory outside the heap: -XX:MaxDirectMemorySize or the machine
            throw in.fault(
                    entry.begin(),
                    "no memory to convert " + Wording.bytes(data.byteSize()) + " of big-endian data",
                    "a little-endian file, which needs no conversion");
        }
    }
}

package moka.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import moka.gguf.GgufException.Level;

/**
 * Reads one safetensors file: 8 bytes with the length of the header (little-endian), the header (a JSON object), the data. The data of
 * the tensors fills the rest of the file without gaps. Source: the format description of the safetensors project.
 */
final class SafetensorsReader {
    /** The reference reader takes headers of up to 100 MB. */
    static final int HEADER_BYTES = 100_000_000;

    private static final int LENGTH_BYTES = 8;
    private static final int DIMENSIONS = 64;

    /** What a file holds. */
    record Content(Map<String, String> metadata, List<SafetensorsTensor> tensors) {}

    private record Entry(String name, SafetensorsType type, long[] shape, long begin, long end, int position) {}

    private final String file;
    private final MemorySegment bytes;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private String subject = "header";

    private SafetensorsReader(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    static Content read(String file, MemorySegment bytes) {
        try {
            return new SafetensorsReader(file, bytes).read();
        } catch (InternalError e) {
            throw FileMap.cutWhileRead(file, e);
        }
    }

    private Content read() {
        byte[] header = header();
        readObject(new Json(
                header,
                (offset, found, expected) -> fault(Level.METADATA, LENGTH_BYTES + (long) offset, found, expected)));

        long dataBegin = LENGTH_BYTES + (long) header.length;
        checkPlaces(bytes.byteSize() - dataBegin);
        List<SafetensorsTensor> tensors = new ArrayList<>(entries.size());
        for (Entry entry : entries) {
            MemorySegment data = bytes.asSlice(dataBegin + entry.begin, entry.end - entry.begin)
                    .asReadOnly();
            tensors.add(new SafetensorsTensor(entry.name, entry.type, entry.shape, data));
        }
        return new Content(Map.copyOf(metadata), List.copyOf(tensors));
    }

    private byte[] header() {
        long size = bytes.byteSize();
        if (size < LENGTH_BYTES) {
            throw fault(
                    Level.HEADER, 0, "end of file at byte " + size, "8 bytes of header length (empty or truncated)");
        }
        byte[] lengthBytes = bytes.asSlice(0, LENGTH_BYTES).toArray(ValueLayout.JAVA_BYTE);
        long length = ByteSwap.littleLong(lengthBytes, 0);
        if (length < 2 || length > HEADER_BYTES) {
            throw fault(
                    Level.HEADER,
                    0,
                    "header length " + Long.toUnsignedString(length),
                    "2 to " + HEADER_BYTES + ": this is no safetensors file");
        }
        if (length > size - LENGTH_BYTES) {
            throw fault(
                    Level.HEADER,
                    0,
                    "header length " + length,
                    "at most " + (size - LENGTH_BYTES) + ", the bytes before the end of file (truncated)");
        }
        return bytes.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    }

    private void readObject(Json json) {
        json.beginObject();
        for (boolean first = true; json.nextMember(first); first = false) {
            int at = json.position();
            String name = json.name();
            subject = name.equals("__metadata__") ? Wording.key(name) : Wording.tensor(name);
            if (!names.add(name)) {
                throw fault(Level.TENSOR_INFO, LENGTH_BYTES + at, "duplicate name", "each name once");
            }
            if (names.size() > Limits.TENSORS) {
                throw fault(Level.TENSOR_INFO, LENGTH_BYTES + at, "more than " + Limits.TENSORS + " tensors", "fewer");
            }
            if (name.equals("__metadata__")) {
                readMetadata(json);
            } else {
                entries.add(readEntry(name, json));
            }
            subject = "header";
        }
        json.end();
    }

    private void readMetadata(Json json) {
        json.beginObject();
        for (boolean first = true; json.nextMember(first); first = false) {
            int at = json.position();
            String key = json.name();
            if (metadata.put(key, json.string("a string")) != null) {
                throw fault(Level.METADATA, LENGTH_BYTES + at, "duplicate " + Wording.key(key), "each key once");
            }
            if (metadata.size() > Limits.KEYS) {
                throw fault(Level.METADATA, LENGTH_BYTES + at, "more than " + Limits.KEYS + " keys", "fewer");
            }
        }
    }

    private Entry readEntry(String name, Json json) {
        int position = json.position();
        SafetensorsType type = null;
        long[] shape = null;
        long[] offsets = null;
        Set<String> fields = new HashSet<>();
        json.beginObject();
        for (boolean first = true; json.nextMember(first); first = false) {
            int at = json.position();
            String field = json.name();
            if (!fields.add(field)) {
                throw fault(Level.TENSOR_INFO, LENGTH_BYTES + at, "field '" + field + "' twice", "each field once");
            }
            switch (field) {
                case "dtype" -> type = type(json);
                case "shape" -> shape = counts(json, field);
                case "data_offsets" -> offsets = counts(json, field);
                default ->
                    throw fault(
                            Level.TENSOR_INFO,
                            LENGTH_BYTES + at,
                            "field " + Wording.quoted(field),
                            "dtype, shape or data_offsets");
            }
        }
        if (type == null || shape == null || offsets == null) {
            String missing = type == null ? "dtype" : shape == null ? "shape" : "data_offsets";
            throw fault(Level.TENSOR_INFO, LENGTH_BYTES + position, "field '" + missing + "' missing", "all fields");
        }
        if (offsets.length != 2) {
            throw fault(Level.TENSOR_INFO, LENGTH_BYTES + position, offsets.length + " data_offsets", "begin and end");
        }
        checkLength(type, shape, offsets, position);
        return new Entry(name, type, shape, offsets[0], offsets[1], position);
    }

    private SafetensorsType type(Json json) {
        int at = json.position();
        String name = json.string("a dtype");
        return SafetensorsType.byName(name)
                .orElseThrow(() -> fault(
                        Level.TENSOR_INFO, LENGTH_BYTES + at, "dtype " + Wording.quoted(name), "a published dtype"));
    }

    private long[] counts(Json json, String what) {
        var counts = new long[DIMENSIONS];
        int size = 0;
        json.beginArray();
        for (boolean first = true; json.nextElement(first); first = false) {
            if (size == DIMENSIONS) {
                throw fault(
                        Level.TENSOR_INFO,
                        LENGTH_BYTES + json.position(),
                        what + " of more than " + DIMENSIONS + " numbers",
                        "fewer");
            }
            counts[size++] = json.count(what);
        }
        return Arrays.copyOf(counts, size);
    }

    private void checkLength(SafetensorsType type, long[] shape, long[] offsets, int position) {
        long bits = type.bits();
        for (long length : shape) {
            if (Math.multiplyHigh(bits, length) != 0 || bits * length < 0) {
                throw fault(
                        Level.TENSOR_INFO,
                        LENGTH_BYTES + position,
                        "size of shape " + Wording.shape(shape) + " overflows",
                        "less than 2^63 bits");
            }
            bits *= length;
        }
        if (bits % 8 != 0) {
            throw fault(Level.TENSOR_INFO, LENGTH_BYTES + position, bits + " bits of data", "whole bytes");
        }
        if (offsets[1] < offsets[0] || offsets[1] - offsets[0] != bits / 8) {
            throw fault(
                    Level.TENSOR_INFO,
                    LENGTH_BYTES + position,
                    "data_offsets " + offsets[0] + " to " + offsets[1],
                    (bits / 8) + " bytes for " + type + " " + Wording.shape(shape));
        }
    }

    // The tensors fill the data, one after another.
    private void checkPlaces(long dataBytes) {
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (Entry entry : entries) {
            subject = Wording.tensor(entry.name);
            if (entry.end > dataBytes) {
                throw fault(
                        Level.DATA,
                        LENGTH_BYTES + entry.position,
                        "data ends at " + entry.end,
                        "at most " + dataBytes + ", the bytes before the end of file (truncated)");
            }
            if (entry.begin != end) {
                throw fault(
                        Level.DATA,
                        LENGTH_BYTES + entry.position,
                        "data begins at " + entry.begin + (entry.begin < end ? " and overlaps" : " after a gap"),
                        end + ", where the data before ends");
            }
            end = entry.end;
        }
        subject = "data";
        if (end != dataBytes) {
            throw fault(Level.DATA, -1, "data of " + Wording.bytes(dataBytes), end + ", where the last tensor ends");
        }
    }

    private GgufException fault(Level level, long offset, String found, String expected) {
        return new GgufException(level, file, offset, subject, found, expected, "", null);
    }
}

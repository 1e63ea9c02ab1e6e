package moka.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import moka.gguf.GgufException.Level;

/** Reads {@code model.safetensors.index.json}: an object with {@code weight_map}, which names the file of each tensor. */
final class SafetensorsIndex {
    private SafetensorsIndex() {}

    /** File name of each tensor, in the order of the index. */
    static Map<String, String> read(String file, MemorySegment bytes) {
        if (bytes.byteSize() > SafetensorsReader.HEADER_BYTES) {
            throw fault(
                    file,
                    -1,
                    "",
                    Wording.bytes(bytes.byteSize()),
                    "an index of at most " + Wording.bytes(SafetensorsReader.HEADER_BYTES));
        }
        var json = new Json(
                bytes.toArray(ValueLayout.JAVA_BYTE),
                (offset, found, expected) -> fault(file, offset, "index", found, expected));
        Map<String, String> shards = new LinkedHashMap<>();
        boolean present = false;
        json.beginObject();
        for (boolean first = true; json.nextMember(first); first = false) {
            int at = json.position();
            if (!json.name().equals("weight_map")) {
                json.skipValue();
                continue;
            }
            if (present) {
                throw fault(file, at, "index", "weight_map twice", "it once");
            }
            present = true;
            readWeightMap(file, json, shards);
        }
        json.end();
        if (!present) {
            throw fault(file, -1, "index", "weight_map missing", "an object that names the file of each tensor");
        }
        return shards;
    }

    private static void readWeightMap(String file, Json json, Map<String, String> shards) {
        json.beginObject();
        for (boolean first = true; json.nextMember(first); first = false) {
            int at = json.position();
            String tensor = json.name();
            String shard = json.string("a file name");
            // A hostile index must not lead to other directories.
            if (!shard.matches("[^/\\\\\\x00-\\x1f:]+") || shard.equals("..") || shard.equals(".")) {
                throw fault(
                        file,
                        at,
                        Wording.tensor(tensor),
                        "file " + Wording.quoted(shard),
                        "a plain file name beside the index");
            }
            if (shards.put(tensor, shard) != null) {
                throw fault(file, at, Wording.tensor(tensor), "duplicate name", "each name once");
            }
            if (shards.size() > Limits.TENSORS) {
                throw fault(file, at, "index", "more than " + Limits.TENSORS + " tensors", "fewer");
            }
        }
    }

    private static GgufException fault(String file, long offset, String subject, String found, String expected) {
        return new GgufException(Level.METADATA, file, offset, subject, found, expected, "", null);
    }
}

package moka.gguf;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.gguf.GgufException.Level;

/** Reads keys and values. For one file, used once. */
final class MetadataReader {
    /** Length, one byte of name, value type, one byte of value. */
    private static final int SMALLEST_ENTRY = 8 + 1 + 4 + 1;

    /** Element type and count. */
    private static final int SMALLEST_ARRAY = 4 + 8;

    private final Cursor in;
    private final Map<String, MetadataValue> values = new LinkedHashMap<>();
    private final Map<String, byte[]> malformedStrings = new LinkedHashMap<>();
    private final long begin;
    private int nestedArrays;

    MetadataReader(Cursor in) {
        this.in = in;
        this.begin = in.position();
    }

    Metadata read(long count) {
        in.at(Level.METADATA, () -> "key count");
        // A cut file is better explained by the key at which it ends: only absurd counts are refused before.
        if (count > Limits.KEYS) {
            throw in.fault(
                    16,
                    "count " + count + " of keys",
                    "at most " + Limits.KEYS
                            + (count > in.remaining() / SMALLEST_ENTRY
                                    ? "; so many do not fit before the end of file (truncated or damaged)"
                                    : ""));
        }
        for (long i = 0; i < count; i++) {
            readEntry(i + 1, count);
        }
        return new ParsedMetadata(in.file(), values, malformedStrings);
    }

    private void readEntry(long number, long count) {
        in.at(Level.METADATA, () -> "key " + number + " of " + count);
        long entry = in.position();
        String key = in.name("key", Limits.KEY_BYTES);
        in.at(Level.METADATA, () -> Wording.key(key));
        if (values.containsKey(key)) {
            throw in.fault(entry, "duplicate key", "each key once");
        }
        ValueType type = type("value type");
        values.put(key, value(key, type));
    }

    private ValueType type(String what) {
        long at = in.position();
        long id = in.u32("the " + what);
        return ValueType.byId(id).orElseThrow(() -> in.fault(at, what + " " + id, "0 to 12"));
    }

    private MetadataValue value(String key, ValueType type) {
        String what = "a " + type + " value";
        return switch (type) {
            case UINT8 -> integer(type, in.u8(what));
            case INT8 -> integer(type, (byte) in.u8(what));
            case UINT16 -> integer(type, in.u16(what));
            case INT16 -> integer(type, (short) in.u16(what));
            case UINT32 -> integer(type, in.u32(what));
            case INT32 -> integer(type, (int) in.u32(what));
            case UINT64, INT64 -> integer(type, in.u64(what));
            case FLOAT32 -> new MetadataValue.FloatValue(type.id(), Float.intBitsToFloat((int) in.u32(what)));
            case FLOAT64 -> new MetadataValue.FloatValue(type.id(), Double.longBitsToDouble(in.u64(what)));
            case BOOL -> new MetadataValue.BoolValue(bool(in.position(), in.u8(what)));
            case STRING -> string(key);
            case ARRAY -> array(1);
        };
    }

    private static MetadataValue integer(ValueType type, long value) {
        return new MetadataValue.IntegerValue(type.id(), value);
    }

    private boolean bool(long at, int value) {
        if (value > 1) {
            throw in.fault(at, "bool of value " + value, "0 or 1");
        }
        return value == 1;
    }

    private MetadataValue string(String key) {
        long length = in.lengthOf("string length", 1);
        byte[] utf8 = in.take(heapBytes(length));
        var text = new String(utf8, StandardCharsets.UTF_8);
        if (text.indexOf('\uFFFD') >= 0 && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), utf8)) {
            malformedStrings.put(key, utf8);
        }
        return new MetadataValue.StringValue(text);
    }

    private MetadataValue.ArrayValue array(int depth) {
        if (depth > Limits.NESTING) {
            throw in.fault(in.position(), "arrays nested more than " + Limits.NESTING + " deep", "fewer levels");
        }
        ValueType type = type("array element type");
        int smallest = switch (type) {
            case STRING -> StringArray.LENGTH_BYTES;
            case ARRAY -> SMALLEST_ARRAY;
            default -> type.bytes();
        };
        long count = in.lengthOf("array count", smallest);
        String source = in.file() + ": " + in.subject();
        return switch (type) {
            case STRING -> strings(source, heapBytes(count * smallest) / smallest);
            case ARRAY -> arrays(source, count, depth);
            default -> numbers(source, type, heapBytes(count * smallest));
        };
    }

    private NumberArray numbers(String source, ValueType type, int bytes) {
        long at = in.position();
        byte[] packed = in.take(bytes);
        if (type == ValueType.BOOL) {
            for (int i = 0; i < packed.length; i++) {
                bool(at + i, packed[i] & 0xff);
            }
        } else if (in.order() == ByteOrder.BIG_ENDIAN) {
            ByteSwap.words(packed, type.bytes());
        }
        return new NumberArray(source, type, packed);
    }

    private NestedArray arrays(String source, long count, int depth) {
        nestedArrays += (int) Math.min(count, Limits.NESTED_ARRAYS);
        if (count > Limits.NESTED_ARRAYS || nestedArrays > Limits.NESTED_ARRAYS) {
            throw in.fault(
                    in.position(),
                    "array of " + count + " nested arrays",
                    "at most " + Limits.NESTED_ARRAYS + " in a file");
        }
        List<MetadataValue.ArrayValue> arrays = new ArrayList<>((int) count);
        for (long i = 0; i < count; i++) {
            arrays.add(array(depth + 1));
        }
        return new NestedArray(source, List.copyOf(arrays));
    }

    // The array is copied in growing pieces while its lengths are walked: nothing tells beforehand where it ends.
    private StringArray strings(String source, int count) {
        var ends = new int[count];
        long at = in.position();
        long rest = in.remaining();
        boolean bigEndian = in.order() == ByteOrder.BIG_ENDIAN;
        byte[] packed = new byte[0];
        int end = 0;
        for (int i = 0; i < count; i++) {
            if (packed.length - end < StringArray.LENGTH_BYTES) {
                packed = grow(at, rest, packed, (long) end + StringArray.LENGTH_BYTES, count, i);
            }
            long length = bigEndian ? ByteSwap.reverseLong(packed, end) : ByteSwap.littleLong(packed, end);
            long begin = (long) end + StringArray.LENGTH_BYTES;
            if (length < 0 || length > rest - begin) {
                throw in.fault(
                        at + end,
                        "string length " + Long.toUnsignedString(length) + " of array element " + i,
                        "at most " + Math.max(0, rest - begin) + ", the bytes before the end of file"
                                + " (truncated or damaged)");
            }
            if (begin + length > packed.length) {
                packed = grow(at, rest, packed, begin + length, count, i);
            }
            end = (int) (begin + length);
            ends[i] = end;
        }
        in.skip(end);
        return new StringArray(source, packed.length == end ? packed : Arrays.copyOf(packed, end), ends);
    }

    private byte[] grow(long at, long rest, byte[] packed, long needed, int count, int done) {
        if (needed > rest) {
            throw in.fault(
                    at + packed.length,
                    "end of file at byte " + Wording.grouped(in.size()),
                    "the length of array element " + done + " of " + count,
                    "the file is truncated");
        }
        heapBytes(needed);
        long perString = done == 0 ? 20 : needed / done + 1;
        long wished = Math.max(needed, perString * count);
        int size = (int) Math.min(Math.min(wished, rest), Limits.METADATA_BYTES);
        byte[] grown = Arrays.copyOf(packed, size);
        in.peek(at + packed.length, grown, packed.length, size - packed.length);
        return grown;
    }

    // Bytes that are about to be copied to the heap, checked against the limit on all metadata.
    private int heapBytes(long count) {
        if (in.position() - begin + count > Limits.METADATA_BYTES) {
            throw in.fault(
                    in.position(), "metadata of more than " + Wording.bytes(Limits.METADATA_BYTES), "at most that");
        }
        return (int) count;
    }
}

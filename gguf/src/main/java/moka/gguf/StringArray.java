package moka.gguf;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * An array of strings as it lies in a little-endian file, each with its length before it, and where each begins. Text is decoded on
 * demand: opening a vocabulary costs one walk over the lengths and one copy.
 */
final class StringArray implements MetadataValue.ArrayValue {
    /** Bytes of the length before each string. */
    static final int LENGTH_BYTES = 8;

    private final String source; // for messages: file and key
    private final byte[] packed; // strings, each after its length (u64 little-endian)
    private final int[] ends; // [size]: where string i ends in packed

    StringArray(String source, byte[] packed, int[] ends) {
        this.source = source;
        this.packed = packed;
        this.ends = ends;
    }

    static StringArray of(List<String> values) {
        return ofBytes(values.stream()
                .map(value -> value.getBytes(StandardCharsets.UTF_8))
                .toList());
    }

    static StringArray ofBytes(List<byte[]> values) {
        int total = 0;
        for (byte[] value : values) {
            total = Math.addExact(total, LENGTH_BYTES + value.length);
        }
        var packed = new byte[total];
        var ends = new int[values.size()];
        int at = 0;
        for (int i = 0; i < ends.length; i++) {
            byte[] value = values.get(i);
            for (int shift = 0; shift < 4; shift++) {
                packed[at + shift] = (byte) (value.length >>> 8 * shift);
            }
            System.arraycopy(value, 0, packed, at + LENGTH_BYTES, value.length);
            at += LENGTH_BYTES + value.length;
            ends[i] = at;
        }
        return new StringArray("", packed, ends);
    }

    @Override
    public int elementTypeId() {
        return ValueType.STRING.id();
    }

    @Override
    public int size() {
        return ends.length;
    }

    /** The strings as a little-endian file holds them: for the writer, not to be changed. */
    byte[] packed() {
        return packed;
    }

    private int begin(int index) {
        return (index == 0 ? 0 : ends[index - 1]) + LENGTH_BYTES;
    }

    private String string(int index) {
        int begin = begin(index);
        return new String(packed, begin, ends[index] - begin, StandardCharsets.UTF_8);
    }

    @Override
    public List<MetadataValue> values() {
        return new AbstractList<>() {
            @Override
            public MetadataValue get(int index) {
                return new MetadataValue.StringValue(string(Objects.checkIndex(index, ends.length)));
            }

            @Override
            public int size() {
                return ends.length;
            }
        };
    }

    @Override
    public String[] strings() {
        var values = new String[ends.length];
        Arrays.setAll(values, this::string);
        return values;
    }

    @Override
    public byte[] stringBytes(int index) {
        return Arrays.copyOfRange(packed, begin(Objects.checkIndex(index, ends.length)), ends[index]);
    }

    @Override
    public long[] longs() {
        throw ParsedMetadata.wrongElements(source, ValueType.STRING, "an integer type");
    }

    @Override
    public float[] floats() {
        throw ParsedMetadata.wrongElements(source, ValueType.STRING, "numbers");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StringArray array
                && ends.length == array.ends.length
                && Arrays.equals(packed, array.packed);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(packed);
    }

    @Override
    public String toString() {
        return ValueType.STRING + "[" + ends.length + "]";
    }
}

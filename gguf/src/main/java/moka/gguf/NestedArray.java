package moka.gguf;

import java.util.List;

/** An array of arrays. */
record NestedArray(String source, List<MetadataValue.ArrayValue> arrays) implements MetadataValue.ArrayValue {
    @Override
    public int elementTypeId() {
        return ValueType.ARRAY.id();
    }

    @Override
    public int size() {
        return arrays.size();
    }

    @Override
    public List<MetadataValue> values() {
        return List.copyOf(arrays);
    }

    @Override
    public String[] strings() {
        throw ParsedMetadata.wrongElements(source, ValueType.ARRAY, "STRING");
    }

    @Override
    public byte[] stringBytes(int index) {
        throw ParsedMetadata.wrongElements(source, ValueType.ARRAY, "STRING");
    }

    @Override
    public long[] longs() {
        throw ParsedMetadata.wrongElements(source, ValueType.ARRAY, "an integer type");
    }

    @Override
    public float[] floats() {
        throw ParsedMetadata.wrongElements(source, ValueType.ARRAY, "numbers");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NestedArray array && arrays.equals(array.arrays);
    }

    @Override
    public int hashCode() {
        return arrays.hashCode();
    }

    @Override
    public String toString() {
        return ValueType.ARRAY + "[" + arrays.size() + "]";
    }
}

package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import moka.gguf.GgufException;
import moka.gguf.MetadataValue;

/** An array of strings that need not be UTF-8, as a file may have it. */
record RawStrings(List<byte[]> all) implements MetadataValue.ArrayValue {
    @Override
    public int elementTypeId() {
        return 8;
    }

    @Override
    public int size() {
        return all.size();
    }

    @Override
    public List<MetadataValue> values() {
        return List.of(strings()).stream().map(MetadataValue::of).toList();
    }

    @Override
    public String[] strings() {
        return all.stream().map(bytes -> new String(bytes, StandardCharsets.UTF_8)).toArray(String[]::new);
    }

    @Override
    public byte[] stringBytes(int index) {
        return all.get(index);
    }

    @Override
    public long[] longs() {
        throw new GgufException("strings, expected integers");
    }

    @Override
    public float[] floats() {
        throw new GgufException("strings, expected numbers");
    }
}

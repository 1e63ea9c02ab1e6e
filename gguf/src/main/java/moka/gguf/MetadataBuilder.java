package moka.gguf;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metadata in the making: begins empty or as a copy, takes changes, keeps the order. A key that is there keeps its place when it is
 * set again. For one thread.
 */
public final class MetadataBuilder {
    private final String source;
    private final Map<String, MetadataValue> values = new LinkedHashMap<>();
    private final Map<String, byte[]> malformedStrings = new LinkedHashMap<>();

    MetadataBuilder(Metadata start) {
        source = start.source();
        start.values().forEach((key, value) -> {
            values.put(key, value);
            if (value instanceof MetadataValue.StringValue(String text) && text.indexOf('\uFFFD') >= 0) {
                malformedStrings.put(key, start.stringBytes(key).orElseThrow());
            }
        });
    }

    /** Sets a key, at its place if it is there, else at the end. */
    public MetadataBuilder set(String key, MetadataValue value) {
        values.put(key, value);
        malformedStrings.remove(key);
        return this;
    }

    /** Sets a STRING. */
    public MetadataBuilder set(String key, String value) {
        return set(key, MetadataValue.of(value));
    }

    /** Sets a BOOL. */
    public MetadataBuilder set(String key, boolean value) {
        return set(key, MetadataValue.of(value));
    }

    /** Sets a UINT32. @throws IllegalArgumentException if it is negative or does not fit */
    public MetadataBuilder setUint32(String key, long value) {
        return set(key, MetadataValue.uint32(value));
    }

    /** Sets a FLOAT32. */
    public MetadataBuilder setFloat32(String key, float value) {
        return set(key, MetadataValue.float32(value));
    }

    /** Sets an array of STRING. */
    public MetadataBuilder setStrings(String key, List<String> values) {
        return set(key, MetadataValue.strings(values));
    }

    /** Removes a key, if it is there. */
    public MetadataBuilder remove(String key) {
        values.remove(key);
        malformedStrings.remove(key);
        return this;
    }

    /** The metadata as it is now; later changes do not touch it. */
    public Metadata build() {
        return new ParsedMetadata(source, values, malformedStrings);
    }
}

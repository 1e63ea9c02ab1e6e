package moka.tokenizer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;

/** Metadata of a file with one string changed, or removed if it is empty. */
record ChangedMetadata(Metadata original, String key, String value) implements Metadata {
    @Override
    public String source() {
        return original.source();
    }

    @Override
    public Map<String, MetadataValue> values() {
        var values = new LinkedHashMap<>(original.values());
        values.remove(key);
        if (!value.isEmpty()) {
            values.put(key, new MetadataValue.StringValue(value));
        }
        return values;
    }

    @Override
    public boolean contains(String asked) {
        return asked.equals(key) ? !value.isEmpty() : original.contains(asked);
    }

    @Override
    public Optional<String> string(String asked) {
        return asked.equals(key) ? Optional.of(value).filter(text -> !text.isEmpty()) : original.string(asked);
    }

    @Override
    public OptionalLong integer(String asked) {
        return original.integer(asked);
    }

    @Override
    public OptionalDouble number(String asked) {
        return original.number(asked);
    }

    @Override
    public Optional<Boolean> bool(String asked) {
        return original.bool(asked);
    }

    @Override
    public Optional<MetadataValue.ArrayValue> array(String asked) {
        return original.array(asked);
    }

    @Override
    public String requireString(String asked) {
        return string(asked).orElseGet(() -> original.requireString(asked));
    }

    @Override
    public long requireInteger(String asked) {
        return original.requireInteger(asked);
    }

    @Override
    public double requireNumber(String asked) {
        return original.requireNumber(asked);
    }

    @Override
    public MetadataValue.ArrayValue requireArray(String asked) {
        return original.requireArray(asked);
    }
}

package moka.gguf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import moka.gguf.MetadataValue.ArrayValue;
import moka.gguf.MetadataValue.BoolValue;
import moka.gguf.MetadataValue.FloatValue;
import moka.gguf.MetadataValue.IntegerValue;
import moka.gguf.MetadataValue.StringValue;
import org.jspecify.annotations.Nullable;

/** Metadata as a map; the bytes of strings that are not UTF-8 are kept beside it, so that a copy of the file keeps them. */
final class ParsedMetadata implements Metadata {
    private final String source;
    private final Map<String, MetadataValue> values;
    private final Map<String, byte[]> malformedStrings;

    ParsedMetadata(String source, Map<String, MetadataValue> values, Map<String, byte[]> malformedStrings) {
        this.source = source;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        this.malformedStrings = Map.copyOf(malformedStrings);
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public Map<String, MetadataValue> values() {
        return values;
    }

    @Override
    public boolean contains(String key) {
        return values.containsKey(key);
    }

    @Override
    public Optional<String> string(String key) {
        return switch (values.get(key)) {
            case null -> Optional.empty();
            case StringValue(String value) -> Optional.of(value);
            case MetadataValue other -> throw wrongType(key, other, "STRING");
        };
    }

    @Override
    public Optional<byte[]> stringBytes(String key) {
        byte @Nullable [] malformed = malformedStrings.get(key);
        return malformed != null ? Optional.of(malformed.clone()) : Metadata.super.stringBytes(key);
    }

    @Override
    public OptionalLong integer(String key) {
        return switch (values.get(key)) {
            case null -> OptionalLong.empty();
            case IntegerValue(int type, long value)
            when type == ValueType.UINT64.id() && value < 0 ->
                throw fault(key, "value " + Long.toUnsignedString(value), "less than 2^63");
            case IntegerValue integer -> OptionalLong.of(integer.value());
            case MetadataValue other -> throw wrongType(key, other, "an integer type");
        };
    }

    @Override
    public OptionalDouble number(String key) {
        return switch (values.get(key)) {
            case null -> OptionalDouble.empty();
            case FloatValue number -> OptionalDouble.of(number.value());
            case IntegerValue ignored -> OptionalDouble.of(integer(key).orElseThrow());
            case MetadataValue other -> throw wrongType(key, other, "a number");
        };
    }

    @Override
    public Optional<Boolean> bool(String key) {
        return switch (values.get(key)) {
            case null -> Optional.empty();
            case BoolValue(boolean value) -> Optional.of(value);
            case MetadataValue other -> throw wrongType(key, other, "BOOL");
        };
    }

    @Override
    public Optional<ArrayValue> array(String key) {
        return switch (values.get(key)) {
            case null -> Optional.empty();
            case ArrayValue array -> Optional.of(array);
            case MetadataValue other -> throw wrongType(key, other, "ARRAY");
        };
    }

    @Override
    public String requireString(String key) {
        return string(key).orElseThrow(() -> missing(key, "a STRING"));
    }

    @Override
    public long requireInteger(String key) {
        return integer(key).orElseThrow(() -> missing(key, "an integer"));
    }

    @Override
    public double requireNumber(String key) {
        return number(key).orElseThrow(() -> missing(key, "a number"));
    }

    @Override
    public ArrayValue requireArray(String key) {
        return array(key).orElseThrow(() -> missing(key, "an ARRAY"));
    }

    private GgufException missing(String key, String expected) {
        return fault(key, "missing", expected);
    }

    private GgufException wrongType(String key, MetadataValue value, String expected) {
        return fault(key, "type " + value.type(), expected);
    }

    private GgufException fault(String key, String found, String expected) {
        return new GgufException(GgufException.Level.VALUE, source, -1, Wording.key(key), found, expected, "", null);
    }

    /** An array of other elements than its reader needs. @param source file and key */
    static GgufException wrongElements(String source, ValueType found, String expected) {
        return new GgufException(
                GgufException.Level.VALUE, source, -1, "", "array elements of type " + found, expected, "", null);
    }

    @Override
    public String toString() {
        return source + ": " + values.size() + " keys";
    }
}

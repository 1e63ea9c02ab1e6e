package moka.gguf;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The metadata of a GGUF file, in file order. Typed getters take any integer type where an integer is asked for, and
 * throw {@link GgufException} that names file, key, the type found and the type expected where the value is of another kind.
 * Immutable and safe for use by many threads; outlives the file it was read from.
 */
public interface Metadata {
    /** Name for messages: the file. */
    String source();

    /** All keys and values, in file order. */
    Map<String, MetadataValue> values();

    /** Whether the file has the key, of whatever type. */
    boolean contains(String key);

    /** The value of a STRING key. */
    Optional<String> string(String key);

    /** The bytes of a STRING key as the file has them, be they UTF-8 or not. */
    default Optional<byte[]> stringBytes(String key) {
        return string(key).map(value -> value.getBytes(StandardCharsets.UTF_8));
    }

    /** The value of an integer key of any width. @throws GgufException also for a UINT64 of 2^63 or more */
    OptionalLong integer(String key);

    /** The value of a float or integer key. */
    OptionalDouble number(String key);

    /** The value of a BOOL key. */
    Optional<Boolean> bool(String key);

    /** The value of an ARRAY key. */
    Optional<MetadataValue.ArrayValue> array(String key);

    /** The value or a {@link GgufException} that names the missing key. */
    String requireString(String key);

    /** The value or a {@link GgufException} that names the missing key. */
    long requireInteger(String key);

    /** The value or a {@link GgufException} that names the missing key. */
    double requireNumber(String key);

    /** The value or a {@link GgufException} that names the missing key. */
    MetadataValue.ArrayValue requireArray(String key);

    /** A builder that begins with everything in here. */
    default MetadataBuilder toBuilder() {
        return new MetadataBuilder(this);
    }

    /** A builder that begins empty. @param source what messages call it */
    static MetadataBuilder builder(String source) {
        return new MetadataBuilder(new ParsedMetadata(source, Map.of(), Map.of()));
    }
}

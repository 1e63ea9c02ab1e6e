package moka.gguf;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The metadata of a GGUF file, in file order. Typed getters take any integer type where an integer is asked for, and
 * throw {@link GgufException} that names file, key, the type found and the type expected where the value is of another kind.
 */
public interface Metadata {
    /** Name for messages: the file. */
    String source();

    Map<String, MetadataValue> values();

    boolean contains(String key);

    Optional<String> string(String key);

    OptionalLong integer(String key);

    OptionalDouble number(String key);

    Optional<Boolean> bool(String key);

    Optional<MetadataValue.ArrayValue> array(String key);

    /** The value or a {@link GgufException} that names the missing key. */
    String requireString(String key);

    long requireInteger(String key);

    double requireNumber(String key);

    MetadataValue.ArrayValue requireArray(String key);
}

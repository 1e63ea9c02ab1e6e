package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import moka.gguf.GgufException.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class MetadataTest {
    private final Metadata metadata = Metadata.builder("m.gguf")
            .set("text", "hello")
            .set("yes", true)
            .set("u8", MetadataValue.of(ValueType.UINT8, 200))
            .set("i16", MetadataValue.of(ValueType.INT16, -5))
            .set("u64", MetadataValue.of(ValueType.UINT64, -1))
            .setFloat32("f32", 0.1f)
            .set("f64", MetadataValue.float64(0.1))
            .setStrings("names", List.of("a", "b"))
            .set("numbers", MetadataValue.integers(ValueType.INT32, -1, 2))
            .set("flags", MetadataValue.integers(ValueType.BOOL, 0, 1))
            .set("reals", MetadataValue.floats(0.5f, Float.NaN))
            .build();

    private static void fails(String message, Executable call) {
        var failure = assertThrows(GgufException.class, call);
        assertEquals(message, failure.getMessage());
        assertEquals(Level.VALUE, failure.level());
    }

    @Test
    void takesAnyIntegerTypeWhereAnIntegerIsAskedFor() {
        assertEquals(200, metadata.requireInteger("u8"));
        assertEquals(-5, metadata.requireInteger("i16"));
        assertEquals(OptionalLong.empty(), metadata.integer("none"));
    }

    @Test
    void takesIntegersWhereANumberIsAskedFor() {
        assertEquals(0.1f, metadata.requireNumber("f32"));
        assertEquals(0.1, metadata.requireNumber("f64"));
        assertEquals(200.0, metadata.requireNumber("u8"));
        assertTrue(metadata.number("none").isEmpty());
    }

    @Test
    void namesMissingKeys() {
        fails("m.gguf: key 'none': missing, expected a STRING", () -> metadata.requireString("none"));
        fails("m.gguf: key 'none': missing, expected an integer", () -> metadata.requireInteger("none"));
        fails("m.gguf: key 'none': missing, expected a number", () -> metadata.requireNumber("none"));
        fails("m.gguf: key 'none': missing, expected an ARRAY", () -> metadata.requireArray("none"));
    }

    @Test
    void namesKeysOfAnotherKind() {
        fails("m.gguf: key 'u8': type UINT8, expected STRING", () -> metadata.string("u8"));
        fails("m.gguf: key 'f32': type FLOAT32, expected an integer type", () -> metadata.integer("f32"));
        fails("m.gguf: key 'text': type STRING, expected a number", () -> metadata.number("text"));
        fails("m.gguf: key 'u8': type UINT8, expected BOOL", () -> metadata.bool("u8"));
        fails("m.gguf: key 'text': type STRING, expected ARRAY", () -> metadata.array("text"));
        fails(
                "m.gguf: key 'u64': value 18446744073709551615, expected less than 2^63",
                () -> metadata.requireInteger("u64"));
    }

    @Test
    void givesArraysInTheKindAskedFor() {
        assertArrayEquals(
                new String[] {"a", "b"}, metadata.requireArray("names").strings());
        assertArrayEquals(new byte[] {'b'}, metadata.requireArray("names").stringBytes(1));
        assertArrayEquals(new long[] {-1, 2}, metadata.requireArray("numbers").longs());
        assertArrayEquals(new float[] {-1, 2}, metadata.requireArray("numbers").floats());
        assertArrayEquals(new long[] {0, 1}, metadata.requireArray("flags").longs());
        assertArrayEquals(
                new float[] {0.5f, Float.NaN}, metadata.requireArray("reals").floats());
        assertEquals(
                List.of(MetadataValue.of(false), MetadataValue.of(true)),
                metadata.requireArray("flags").values());
    }

    @Test
    void refusesArraysOfAnotherKind() {
        fails(
                "array elements of type INT32, expected STRING",
                () -> metadata.requireArray("numbers").strings());
        fails(
                "array elements of type FLOAT32, expected an integer type",
                () -> metadata.requireArray("reals").longs());
        fails(
                "array elements of type STRING, expected numbers",
                () -> metadata.requireArray("names").floats());
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> metadata.requireArray("names").stringBytes(2));
    }

    @Test
    void buildsACopyWithChanges() {
        Metadata changed = metadata.toBuilder()
                .set("text", "bye")
                .remove("yes")
                .set("new", false)
                .build();
        assertEquals("bye", changed.requireString("text"));
        assertEquals(Optional.empty(), changed.bool("yes"));
        assertEquals(Optional.of(false), changed.bool("new"));
        assertEquals("text", changed.values().keySet().iterator().next());
        assertEquals("hello", metadata.requireString("text"));
        assertThrows(UnsupportedOperationException.class, () -> changed.values().clear());
    }

    @Test
    void keepsIntegersWithinTheirType() {
        assertThrows(IllegalArgumentException.class, () -> MetadataValue.of(ValueType.UINT8, 256));
        assertThrows(IllegalArgumentException.class, () -> MetadataValue.of(ValueType.INT8, -129));
        assertThrows(IllegalArgumentException.class, () -> MetadataValue.of(ValueType.FLOAT32, 1));
        assertThrows(IllegalArgumentException.class, () -> MetadataValue.integers(ValueType.BOOL, 2));
        assertThrows(IllegalArgumentException.class, () -> MetadataValue.integers(ValueType.UINT16, -1));
    }
}

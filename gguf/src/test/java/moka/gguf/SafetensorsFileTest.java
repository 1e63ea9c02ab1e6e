package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
    private static final String HEADER = """
        {"__metadata__":{"format":"pt","note":"\\u00e9\\n"},
         "b":{"dtype":"BF16","shape":[2,3],"data_offsets":[4,16]},
         "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
         "empty":{"data_offsets":[16,16],"shape":[0,7],"dtype":"I64"},
         "c":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[16,19]}} \s\
        """;

    @TempDir
    Path folder;

    private static byte[] file(String header, int dataBytes) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(text.length).put(text);
        for (int i = 0; i < dataBytes; i++) {
            file.put((byte) i);
        }
        return file.array();
    }

    private static SafetensorsFile read(byte[] bytes) {
        return SafetensorsFile.of("x.safetensors", MemorySegment.ofArray(bytes));
    }

    private static GgufException refuses(byte[] bytes) {
        var failure = assertThrows(GgufException.class, () -> read(bytes).close());
        assertTrue(failure.getMessage().startsWith("x.safetensors: "), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
        return failure;
    }

    @Test
    void showsTensorsInTheOrderOfTheirData() throws IOException {
        Path path = folder.resolve("model.safetensors");
        Files.write(path, file(HEADER, 19));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertEquals("model.safetensors", file.name());
            assertEquals(Map.of("format", "pt", "note", "é\n"), file.metadata());
            assertEquals(
                    List.of("a", "b", "empty", "c"),
                    file.tensors().stream().map(SafetensorsTensor::name).toList());
            SafetensorsTensor b = file.tensor("b").orElseThrow();
            assertEquals(SafetensorsType.BF16, b.type());
            assertArrayEquals(new long[] {2, 3}, b.shape());
            assertEquals(6, b.elements());
            assertArrayEquals(
                    new byte[] {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                    b.data().toArray(ValueLayout.JAVA_BYTE));
            assertEquals(1, file.tensor("a").orElseThrow().elements());
            assertEquals(0, file.tensor("empty").orElseThrow().data().byteSize());
            assertTrue(file.tensor("d").isEmpty());
            assertEquals(Files.size(path), file.sizeBytes());
            file.checkUnchanged();
            Files.write(path, new byte[3]);
            assertThrows(GgufException.class, file::checkUnchanged);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{} x                                                      | after the end of the object",
                "[]                                                        | an object",
                "{`a`:                                                     | end of text",
                "{`a`:{`dtype`:`F99`,`shape`:[],`data_offsets`:[0,4]}}     | dtype 'F99'",
                "{`a`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[0,4]}}    | expected 8 bytes for F32 2",
                "{`a`:{`dtype`:`F32`,`shape`:[1],`data_offsets`:[4,0]}}    | data_offsets 4 to 0",
                "{`a`:{`dtype`:`F32`,`shape`:[1],`data_offsets`:[0,4,8]}}  | 3 data_offsets",
                "{`a`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[0,8]}}    | data ends at 8, expected at most 4",
                "{`a`:{`dtype`:`I8`,`shape`:[3],`data_offsets`:[1,4]}}     | after a gap",
                "{`a`:{`dtype`:`I8`,`shape`:[3],`data_offsets`:[0,3]}}     | data of 4 bytes, expected 3",
                "{`a`:{`dtype`:`I8`,`shape`:[3],`data_offsets`:[0,3]},`b`:{`dtype`:`I8`,`shape`:[2],`data_offsets`:[2,4]}}"
                    + " | overlaps",
                "{`a`:{`dtype`:`I8`,`shape`:[4],`data_offsets`:[0,4]},`a`:{`dtype`:`I8`,`shape`:[0],`data_offsets`:[4,4]}}"
                    + " | duplicate name",
                "{`a`:{`dtype`:`I8`,`shape`:[4],`shape`:[4],`data_offsets`:[0,4]}} | field 'shape' twice",
                "{`a`:{`dtype`:`I8`,`shape`:[4]}}                          | field 'data_offsets' missing",
                "{`a`:{`dtype`:`I8`,`shape`:[4],`colour`:1}}               | field 'colour'",
                "{`a`:{`dtype`:`I8`,`shape`:[-4],`data_offsets`:[0,4]}}    | a whole number",
                "{`a`:{`dtype`:`I8`,`shape`:[4.0],`data_offsets`:[0,4]}}   | a whole number",
                "{`a`:{`dtype`:`I8`,`shape`:[04],`data_offsets`:[0,4]}}    | a whole number",
                "{`a`:{`dtype`:`I8`,`shape`:[9223372036854775808],`data_offsets`:[0,4]}} | 2^63 or more",
                "{`a`:{`dtype`:`I8`,`shape`:[4294967296,4294967296],`data_offsets`:[0,4]}} | overflows",
                "{`a`:{`dtype`:`F4`,`shape`:[3],`data_offsets`:[0,4]}}     | 12 bits of data",
                "{`__metadata__`:{`a`:1}}                                  | expected a string",
                "{`__metadata__`:{`a`:`1`,`a`:`2`}}                        | duplicate key 'a'",
                "{`a`:{`dtype`:`I8`,`shape`:[4,],`data_offsets`:[0,4]}}    | after ','",
                "{`a\\q`:{}}                                               | unknown escape",
                "{`a\\u00g0`:{}}                                           | four hexadecimal digits",
            })
    void refusesMalformedHeaders(String header, String gist) {
        GgufException failure = refuses(file(header.replace('`', '"'), 4));
        assertTrue(failure.getMessage().contains(gist), failure.getMessage());
    }

    @Test
    void refusesHeaderLengthsThatTheFileCannotHold() {
        byte[] bytes = file(HEADER, 19);
        ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (long length : new long[] {-1, 0, 1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, bytes.length - 7}) {
            little.putLong(0, length);
            assertTrue(refuses(bytes).getMessage().contains("header length " + Long.toUnsignedString(length)));
        }
    }

    @Test
    void everyTruncationPointIsRefused() {
        byte[] bytes = file(HEADER, 19);
        for (int length = 0; length < bytes.length; length++) {
            refuses(Arrays.copyOf(bytes, length));
        }
    }

    @Test
    void damageIsRefusedOrRead() {
        byte[] sample = file(HEADER, 19);
        var random = new SplittableRandom(5);
        int opened = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = sample.clone();
            for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
                int at = random.nextInt(bytes.length);
                bytes[at] = random.nextBoolean()
                        ? (byte) random.nextInt(256)
                        : (byte) "{}[]\",:0 9\\u".charAt(random.nextInt(12));
            }
            try {
                read(bytes).close();
                opened++;
            } catch (GgufException e) {
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            }
        }
        assertTrue(opened > 0 && opened < 20_000, opened + " opened");
    }

    @Test
    void opensShardsThroughTheirIndexOrDirectory() throws IOException {
        shard("model-00001-of-00002.safetensors", "a");
        shard("model-00002-of-00002.safetensors", "b");
        index("""
            {"metadata":{"total_size":8,"x":[1.5e3,-2,true,null,{"y":"z"}]},"weight_map":
            {"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"}}\
            """);
        for (Path path : List.of(folder, folder.resolve("model.safetensors.index.json"))) {
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                assertEquals(
                        List.of("a", "b"),
                        file.tensors().stream().map(SafetensorsTensor::name).toList());
                assertEquals("model.safetensors.index.json", file.name());
            }
        }
    }

    @Test
    void namesShardsThatAreMissingOrHostile() throws IOException {
        shard("one.safetensors", "a");
        shard("two.safetensors", "a");
        refusesIndex("{\"weight_map\":{\"a\":\"none.safetensors\"}}", "none.safetensors: not found");
        refusesIndex("{\"weight_map\":{\"b\":\"one.safetensors\"}}", "tensor 'b': missing in one.safetensors");
        refusesIndex("{\"weight_map\":{\"a\":\"../one.safetensors\"}}", "expected a plain file name");
        refusesIndex("{\"weight_map\":{\"a\":\"..\"}}", "expected a plain file name");
        refusesIndex("{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"one.safetensors\"}}", "duplicate name");
        refusesIndex("{\"metadata\":{}}", "weight_map missing");
        refusesIndex("{\"x\":" + "[".repeat(100_000), "nested more than");
        refusesIndex("{\"x\":nul}", "expected a value");
        refusesIndex(
                "{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}",
                "tensor 'b': missing in two.safetensors");
    }

    @Test
    void refusesATensorInTwoShards() throws IOException {
        Files.write(
                folder.resolve("one.safetensors"),
                file("{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4));
        Files.write(
                folder.resolve("two.safetensors"),
                file(
                        "{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]},"
                                + "\"b\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[4,4]}}",
                        4));
        refusesIndex(
                "{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}", "duplicate, in two shards");
    }

    @Test
    void namesADirectoryWithoutAModel() {
        var failure = assertThrows(
                GgufException.class, () -> SafetensorsFile.open(folder).close());
        assertTrue(failure.getMessage().startsWith("model.safetensors: not found"), failure.getMessage());
    }

    private void shard(String name, String tensor) throws IOException {
        String header = "{\"" + tensor + "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        Files.write(folder.resolve(name), file(header, 4));
    }

    private void index(String text) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), text);
    }

    private void refusesIndex(String text, String gist) throws IOException {
        index(text);
        var failure = assertThrows(
                GgufException.class, () -> SafetensorsFile.open(folder).close());
        assertTrue(failure.getMessage().contains(gist), failure.getMessage());
        assertFalse(failure.getMessage().contains("\n"));
    }
}

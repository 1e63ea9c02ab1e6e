package moka.quantize.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.SessionOptions;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;
import moka.quantize.Mixture;
import moka.tokenizer.Tokenizer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointTest {
    @TempDir
    Path folder;

    static List<String> examples() {
        return Examples.NAMES;
    }

    @ParameterizedTest
    @MethodSource("examples")
    void computesWhatTheLibraryComputes(String name) throws Exception {
        Path file = Examples.convert(Examples.folder(name), folder.resolve("model.gguf"), Mixture.F32);
        JsonObject expected = Examples.expected(name);
        int[] ids = ints(expected.getAsJsonArray("ids"));
        List<Integer> positions =
                IntStream.of(ints(expected.getAsJsonArray("positions"))).boxed().toList();
        ByteBuffer logits = ByteBuffer.wrap(Files.readAllBytes(Examples.folder(name).resolve("logits.f32")))
                .order(ByteOrder.LITTLE_ENDIAN);
        try (Model model = Model.open(file, ModelOptions.DEFAULT.withThreads(1).withKernels("scalar"));
                Session session = model.newSession(SessionOptions.DEFAULT.withCacheType("f32").withContextLength(64))) {
            int[] compared = new int[1];
            session.evaluate(ids, (position, found) -> {
                int index = positions.indexOf(position);
                if (index < 0) {
                    return;
                }
                compared[0]++;
                int size = logits.capacity() / 4 / positions.size();
                for (int i = 0; i < size; i++) {
                    float wanted = logits.getFloat(4 * (index * size + i));
                    float is = found.get(ValueLayout.JAVA_FLOAT, 4L * i);
                    assertEquals(wanted, is, 2e-5 * Math.max(1, Math.abs(wanted)), "position " + position + ", token " + i);
                }
            });
            assertEquals(positions.size(), compared[0]);
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void writesTensorsAsTheReferenceDoes(String name) throws Exception {
        Path path = Examples.convert(Examples.folder(name), folder.resolve("model.gguf"), Mixture.F32);
        try (GgufFile file = GgufFile.open(path)) {
            Map<String, String> wanted = new TreeMap<>();
            for (JsonElement element : Examples.expected(name).getAsJsonArray("tensors")) {
                JsonArray tensor = element.getAsJsonArray();
                wanted.put(
                        tensor.get(0).getAsString(),
                        tensor.get(1).getAsString() + " " + tensor.get(2) + " " + tensor.get(3).getAsString());
            }
            Map<String, String> found = new TreeMap<>();
            for (GgufTensor tensor : file.tensors()) {
                JsonArray shape = new JsonArray();
                for (long length : tensor.shape()) {
                    shape.add(length);
                }
                found.put(tensor.name(), tensor.type() + " " + shape + " " + sha256(tensor.data().toArray(ValueLayout.JAVA_BYTE)));
            }
            assertEquals(String.join("\n", lines(wanted)), String.join("\n", lines(found)));
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void writesKeysAsTheReferenceDoes(String name) throws Exception {
        Path path = Examples.convert(Examples.folder(name), folder.resolve("model.gguf"), Mixture.F32);
        try (GgufFile file = GgufFile.open(path)) {
            Metadata metadata = file.metadata();
            Map<String, String> wanted = new TreeMap<>();
            JsonObject expected = Examples.expected(name).getAsJsonObject("metadata");
            expected.asMap().forEach((key, value) -> wanted.put(key, wanted(value.getAsJsonArray())));
            Map<String, String> found = new TreeMap<>();
            metadata.values().forEach((key, value) -> found.put(key, found(value)));
            if (name.equals("llama-hf-bpe")) {
                // The reference gives all pieces the same score; see VocabularyReader.
                wanted.remove("tokenizer.ggml.scores");
                found.remove("tokenizer.ggml.scores");
            }
            assertEquals(String.join("\n", lines(wanted)), String.join("\n", lines(found)));
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void tokenizesAsTheLibraryDoes(String name) {
        try (Checkpoint checkpoint = Checkpoint.open(Examples.folder(name))) {
            Tokenizer tokenizer = Tokenizer.of(checkpoint.metadata());
            JsonArray checks = Examples.expected(name).getAsJsonArray("checks");
            assertTrue(checks.size() >= 6);
            assertEquals(List.of(), tokenizer.warnings());
            for (JsonElement check : checks) {
                String text = check.getAsJsonObject().get("text").getAsString();
                int[] ids = ints(check.getAsJsonObject().getAsJsonArray("ids"));
                assertArrayEquals(ids, tokenizer.encode(text, false, true), text);
            }
        }
    }

    private static List<String> lines(Map<String, String> map) {
        return new TreeSet<>(map.keySet()).stream().map(it -> it + " = " + map.get(it)).toList();
    }

    private static int[] ints(JsonArray array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).getAsInt();
        }
        return values;
    }

    /** A value of {@code expected.json}: its types, and the value; arrays of more than 64 integers or strings as a hash over their lines. */
    private static String wanted(JsonArray value) {
        JsonElement content = value.get(1);
        String type = value.get(0).getAsString();
        if (content.isJsonArray()) {
            StringJoiner joined = new StringJoiner(",", "[", "]");
            content.getAsJsonArray().forEach(it -> joined.add(type.endsWith("FLOAT32") ? "" + it.getAsFloat() : it.getAsString()));
            return type + " " + joined;
        }
        return type + " " + (type.equals("FLOAT32") ? "" + content.getAsFloat() : content.getAsString());
    }

    private static String found(MetadataValue value) {
        return switch (value) {
            case MetadataValue.StringValue(String text) -> "STRING " + text;
            case MetadataValue.BoolValue(boolean is) -> "BOOL " + is;
            case MetadataValue.IntegerValue(int type, long number) -> value.type() + " " + number;
            case MetadataValue.FloatValue(int type, double number) -> value.type() + " " + (float) number;
            case MetadataValue.ArrayValue array -> array(array);
        };
    }

    private static String array(MetadataValue.ArrayValue array) {
        List<String> texts = switch (array.elementType()) {
            case STRING -> List.of(array.strings());
            case FLOAT32 -> floats(array.floats());
            default -> IntStream.range(0, array.size()).mapToObj(i -> "" + array.longs()[i]).toList();
        };
        String type = "ARRAY/" + array.elementType() + " ";
        boolean hashed = array.size() > 64 && array.elementType() != ValueType.FLOAT32;
        return type
                + (hashed
                        ? "sha256:" + sha256(String.join("\n", texts).getBytes(StandardCharsets.UTF_8))
                        : "[" + String.join(",", texts) + "]");
    }

    private static List<String> floats(float[] values) {
        return IntStream.range(0, values.length).mapToObj(i -> "" + values[i]).toList();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

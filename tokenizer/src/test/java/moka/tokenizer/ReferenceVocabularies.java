package moka.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import moka.gguf.GgufFile;
import moka.testing.SharedData;

/** The folder of vocabularies and cases in the reference data. */
final class ReferenceVocabularies {
    private final Path folder;

    private ReferenceVocabularies(Path folder) {
        this.folder = folder;
    }

    /** Skips the test by name where there is none. */
    static ReferenceVocabularies require() {
        return new ReferenceVocabularies(SharedData.require("public/tokenizers"));
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** A JSON object a line. */
    List<JsonObject> lines(String name) {
        return SharedData.objects(file(name));
    }

    /** The objects of a file that is one JSON array. */
    List<JsonObject> objects(String name) {
        return SharedData.json(file(name)).getAsJsonArray().asList().stream().map(JsonElement::getAsJsonObject).toList();
    }

    /** A file that is one JSON object. */
    JsonObject object(String name) {
        return SharedData.json(file(name)).getAsJsonObject();
    }

    /** A vocabulary-only GGUF file, packed or not. */
    GgufFile gguf(String name) {
        try (var raw = Files.newInputStream(file(name))) {
            byte[] bytes = name.endsWith(".gz") ? new GZIPInputStream(raw).readAllBytes() : raw.readAllBytes();
            return GgufFile.of(name, MemorySegment.ofArray(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int[] ids(JsonArray array) {
        return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    static String[] strings(JsonArray array) {
        return array.asList().stream().map(JsonElement::getAsString).toArray(String[]::new);
    }
}

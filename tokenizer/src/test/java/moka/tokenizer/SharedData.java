package moka.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import moka.gguf.GgufFile;

/** The reference data beside the checkout: {@code shared/public/tokenizers}, or what {@code -Dmoka.shared} names. */
final class SharedData {
    private final Path folder;

    private SharedData(Path folder) {
        this.folder = folder;
    }

    static Optional<SharedData> find() {
        String named = System.getProperty("moka.shared");
        if (named != null) {
            return Optional.of(new SharedData(Path.of(named).resolve("public/tokenizers")));
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path shared = at.resolve("shared");
            if (Files.exists(shared.resolve("HOUSE.md"))) {
                return Optional.of(new SharedData(shared.resolve("public/tokenizers")));
            }
        }
        return Optional.empty();
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** A JSON value a line. */
    List<JsonObject> lines(String name) {
        try (var lines = Files.lines(file(name))) {
            return lines.map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The objects of a file that is one JSON array. */
    List<JsonObject> objects(String name) {
        try {
            return JsonParser.parseString(Files.readString(file(name))).getAsJsonArray().asList().stream()
                    .map(JsonElement::getAsJsonObject)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file that is one JSON object. */
    JsonObject object(String name) {
        try {
            return JsonParser.parseString(Files.readString(file(name))).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

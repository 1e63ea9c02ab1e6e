package moka.engine;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The reference data beside the checkout; tests that need it are skipped, by name, where it is absent. */
public final class SharedData {
    private SharedData() {}

    /** A file or folder of the data. */
    public static Path require(String path) {
        Path root = root();
        Assumptions.assumeTrue(root != null && Files.exists(root.resolve(path)), "skipped: needs shared/" + path);
        return root.resolve(path);
    }

    /** A file or folder of the data, where they are: for tests that do with less. */
    public static Optional<Path> find(String path) {
        return Optional.ofNullable(root()).map(it -> it.resolve(path)).filter(Files::exists);
    }

    private static Path root() {
        String given = System.getProperty("moka.shared");
        if (given != null) {
            return Path.of(given);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("shared/HOUSE.md"))) {
                return at.resolve("shared");
            }
        }
        return null;
    }

    public static JsonElement json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines of a JSONL file as objects. @param path in the data */
    public static List<JsonObject> objects(String path) {
        try {
            return Files.readAllLines(require(path)).stream()
                    .filter(line -> !line.isBlank())
                    .map(JsonParser::parseString)
                    .map(JsonElement::getAsJsonObject)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

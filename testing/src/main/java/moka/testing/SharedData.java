package moka.testing;

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

/**
 * The reference data beside the checkout: what the system property {@code moka.shared} names, or a folder {@code shared} upwards. Tests that need
 * it are skipped, by name, where it is absent.
 */
public final class SharedData {
    private SharedData() {}

    /** A file or folder of the data. */
    public static Path require(String path) {
        Optional<Path> found = find(path);
        Assumptions.assumeTrue(found.isPresent(), "skipped: needs shared/" + path);
        return found.get();
    }

    /** A file or folder of the data, where it is: for tests that do with less. */
    public static Optional<Path> find(String path) {
        return root().map(it -> it.resolve(path)).filter(Files::exists);
    }

    private static Optional<Path> root() {
        String given = System.getProperty("moka.shared");
        if (given != null) {
            return Optional.of(Path.of(given));
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("shared/HOUSE.md"))) {
                return Optional.of(at.resolve("shared"));
            }
        }
        return Optional.empty();
    }

    /** A file that is one JSON value. */
    public static JsonElement json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines of a JSONL file as objects. */
    public static List<JsonObject> objects(Path file) {
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> !line.isBlank()).map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines of a JSONL file as objects. @param path in the data */
    public static List<JsonObject> objects(String path) {
        return objects(require(path));
    }
}

package moka.engine.sampling;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Reference data beside the checkout; tests that need it are skipped by name where it is absent. */
public final class SharedData {
    private SharedData() {}

    /** A file of the data, or a skipped test. @param path such as {@code own/samplers/cases.jsonl} */
    public static Path file(String path) {
        Path root = root();
        Assumptions.assumeTrue(root != null, "skipped: reference data ../shared/" + path + " is absent");
        return root.resolve(path);
    }

    /** The lines of a JSONL file as objects, or a skipped test. */
    public static List<JsonObject> objects(String path) {
        Path file = file(path);
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank())
                    .map(JsonParser::parseString)
                    .map(JsonElement::getAsJsonObject)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        String named = System.getProperty("moka.shared");
        if (named != null) {
            return Path.of(named);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path shared = at.resolve("shared");
            if (Files.exists(shared.resolve("HOUSE.md"))) {
                return shared;
            }
        }
        return null;
    }
}

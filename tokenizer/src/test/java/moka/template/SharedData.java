package moka.template;

import static org.junit.jupiter.api.Assumptions.abort;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The reference data beside the checkout, and its JSON as the values that templates take. */
final class SharedData {
    /** The clock of all reference outputs. */
    static final TemplateOptions OPTIONS = TemplateOptions.DEFAULT.withNow(() -> LocalDateTime.of(2026, 1, 15, 12, 34, 56));

    private SharedData() {}

    /** A folder or file of the data; skips the test by name where it is absent. */
    static Path path(String relative) {
        String root = System.getProperty("moka.shared");
        if (root != null) {
            return existing(Path.of(root).resolve(relative), relative);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("shared/HOUSE.md"))) {
                return existing(at.resolve("shared").resolve(relative), relative);
            }
        }
        return abort("skipped: no folder 'shared' beside the checkout, needed for " + relative);
    }

    private static Path existing(Path path, String relative) {
        return Files.exists(path) ? path : abort("skipped: shared/" + relative + " is absent");
    }

    static List<JsonObject> lines(Path path) {
        try (var lines = Files.lines(path)) {
            return lines.map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, Object> map(JsonObject object) {
        var map = new LinkedHashMap<String, Object>();
        object.entrySet().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
        return map;
    }

    static Object value(JsonElement element) {
        if (element.isJsonNull()) {
            return Message.TemplateValues.NONE;
        }
        if (element.isJsonObject()) {
            return map(element.getAsJsonObject());
        }
        if (element.isJsonArray()) {
            var list = new ArrayList<>();
            element.getAsJsonArray().forEach(one -> list.add(value(one)));
            return list;
        }
        JsonPrimitive primitive = element.getAsJsonPrimitive();
        if (primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        return primitive.isString() ? primitive.getAsString() : number(primitive.getAsString());
    }

    private static Object number(String digits) {
        boolean real = digits.chars().anyMatch(one -> one == '.' || one == 'e' || one == 'E');
        if (real) {
            return Double.valueOf(digits);
        }
        BigInteger whole = new BigInteger(digits);
        return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
    }
}

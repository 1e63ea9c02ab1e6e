package moka.cli.json;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;

/** Files of one JSON object a line. */
public final class JsonLines {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    private JsonLines() {}

    /** A line that holds something. @param number in its file, from 1 */
    public record Line(String file, int number, String text) {
        /** The object that it is. @throws CommandFailure that names the place */
        public JsonObject object() {
            return JsonLines.object(file, number, text);
        }
    }

    /** The lines that hold something. @param file or {@code -} for standard input */
    public static List<Line> lines(Streams streams, String file) {
        String text = file.equals("-") ? TextFiles.ofInput(streams) : TextFiles.of(Path.of(file));
        List<Line> lines = new ArrayList<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (!line.isBlank()) {
                lines.add(new Line(file.equals("-") ? "standard input" : file, number, line));
            }
        }
        return lines;
    }

    /** The object of a line. @throws CommandFailure that names the place */
    public static JsonObject object(String file, int number, String line) {
        try {
            if (JsonParser.parseString(line) instanceof JsonObject object) {
                return object;
            }
        } catch (JsonParseException e) {
            throw CommandFailure.failed(file + " line " + number + ": malformed JSON: " + Json.reason(e));
        }
        throw CommandFailure.failed(file + " line " + number + ": expected a JSON object");
    }

    /** One line, without the line break. */
    public static String line(JsonElement element) {
        return GSON.toJson(element);
    }
}

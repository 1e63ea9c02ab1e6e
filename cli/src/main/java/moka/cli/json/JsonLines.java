package moka.cli.json;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.List;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;

/** Files of one JSON object a line. */
public final class JsonLines {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    private JsonLines() {}

    /** The lines that hold something. */
    public static List<String> lines(Streams streams, String file) {
        String text = file.equals("-") ? TextFiles.ofInput(streams) : TextFiles.of(Path.of(file));
        return text.lines().filter(line -> !line.isBlank()).toList();
    }

    /** The object of a line. @throws CommandFailure that names the place */
    public static JsonObject object(String file, int number, String line) {
        try {
            if (JsonParser.parseString(line) instanceof JsonObject object) {
                return object;
            }
        } catch (JsonParseException e) {
            throw CommandFailure.failed(file + " line " + number + ": malformed JSON: " + reason(e));
        }
        throw CommandFailure.failed(file + " line " + number + ": expected a JSON object");
    }

    /** Gson's own words, without the advice for programmers that follows on further lines. */
    private static String reason(JsonParseException e) {
        String message = String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
        return message.lines().findFirst().orElse("cut short");
    }

    /** One line, without the line break. */
    public static String line(JsonElement element) {
        return GSON.toJson(element);
    }
}

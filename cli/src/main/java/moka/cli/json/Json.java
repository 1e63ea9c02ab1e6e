package moka.cli.json;

import com.google.gson.FormattingStyle;
import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonWriter;
import java.io.Writer;

/** JSON as the program writes it: no HTML escapes, numbers as they are. */
public final class Json {
    private Json() {}

    /** What is wrong with a text, in Gson's own words without its advice for programmers. */
    public static String reason(JsonParseException e) {
        String message = String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
        return message.lines().findFirst().orElse("cut short").replaceFirst("^Use JsonReader\\.\\S+ to accept malformed JSON", "found what is none");
    }

    /** For people and files: two spaces a level. */
    public static JsonWriter indented(Writer target) {
        JsonWriter writer = compact(target);
        writer.setFormattingStyle(FormattingStyle.PRETTY);
        return writer;
    }

    /** For lines of JSONL. */
    public static JsonWriter compact(Writer target) {
        JsonWriter writer = new JsonWriter(target);
        writer.setHtmlSafe(false);
        writer.setSerializeNulls(true);
        writer.setFormattingStyle(FormattingStyle.COMPACT);
        return writer;
    }
}

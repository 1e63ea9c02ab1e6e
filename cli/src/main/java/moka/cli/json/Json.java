package moka.cli.json;

import com.google.gson.FormattingStyle;
import com.google.gson.stream.JsonWriter;
import java.io.Writer;

/** JSON as the program writes it: no HTML escapes, numbers as they are. */
public final class Json {
    private Json() {}

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

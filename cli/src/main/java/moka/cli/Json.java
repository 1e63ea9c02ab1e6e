package moka.cli;

import com.google.gson.FormattingStyle;
import com.google.gson.stream.JsonWriter;
import java.io.Writer;

/** JSON as the program writes it: no HTML escapes, numbers as they are. */
final class Json {
    private Json() {}

    /** For people and files: two spaces a level. */
    static JsonWriter indented(Writer target) {
        JsonWriter writer = compact(target);
        writer.setFormattingStyle(FormattingStyle.PRETTY);
        return writer;
    }

    /** For lines of JSONL. */
    static JsonWriter compact(Writer target) {
        JsonWriter writer = new JsonWriter(target);
        writer.setHtmlSafe(false);
        writer.setSerializeNulls(true);
        writer.setFormattingStyle(FormattingStyle.COMPACT);
        return writer;
    }
}

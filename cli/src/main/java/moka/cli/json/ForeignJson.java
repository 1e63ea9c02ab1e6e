package moka.cli.json;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.Optional;
import java.util.function.Function;

/** JSON from servers and other programs, of whose form nothing is certain. */
public final class ForeignJson {
    private ForeignJson() {}

    /** What a reader makes of a text; nothing if the text is no JSON, or has another form than the reader takes for granted. */
    public static <T> Optional<T> read(String text, Function<JsonElement, T> reader) {
        try {
            return Optional.of(reader.apply(JsonParser.parseString(text)));
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | UnsupportedOperationException
                | NullPointerException
                | NumberFormatException e) {
            return Optional.empty();
        }
    }
}

package moka.engine.grammar;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import moka.engine.grammar.JsonValue.JsonArray;
import moka.engine.grammar.JsonValue.JsonObject;
import moka.engine.grammar.JsonValue.JsonString;

/** A schema text and the references within it. */
record SchemaDocument(JsonValue root) {
    Schema schema() {
        return new Schema("#", root);
    }

    /**
     * The schema that a {@code $ref} names: {@code #}, {@code #/a/b}, {@code #anchor}, or the same after the document's own {@code $id}.
     *
     * @throws GrammarException if it points outside of the document or nowhere
     */
    Schema resolve(Schema from, String reference) {
        String id = schema().keyword("$id").orElse(null) instanceof JsonString(String text) ? text : "";
        String local = !id.isEmpty() && reference.startsWith(id) ? reference.substring(id.length()) : reference;
        if (local.isEmpty()) {
            local = "#";
        }
        if (!local.startsWith("#")) {
            throw from.error("$ref", "found '" + reference + "', expected a reference into the same schema (#…)");
        }
        String fragment = decode(from, local.substring(1));
        if (fragment.isEmpty()) {
            return schema();
        }
        return fragment.startsWith("/") ? follow(from, reference, fragment) : anchored(from, reference, fragment);
    }

    private static String decode(Schema from, String fragment) {
        try {
            return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw from.error("$ref", "found '#" + fragment + "', whose percent escapes are malformed");
        }
    }

    private Schema follow(Schema from, String reference, String pointer) {
        var path = new StringBuilder("#");
        JsonValue at = root;
        for (String part : pointer.substring(1).split("/", -1)) {
            String name = part.replace("~1", "/").replace("~0", "~");
            JsonValue next = switch (at) {
                case JsonObject(Map<String, JsonValue> members) -> members.get(name);
                case JsonArray(List<JsonValue> elements)
                when name.matches("0|[1-9][0-9]{0,6}") && Integer.parseInt(name) < elements.size() ->
                    elements.get(Integer.parseInt(name));
                default -> null;
            };
            if (next == null) {
                throw from.error("$ref", "found '" + reference + "', but " + path + " has no '" + name + "'");
            }
            at = next;
            path.append('/').append(Schema.escape(name));
        }
        return new Schema(path.toString(), at);
    }

    private Schema anchored(Schema from, String reference, String anchor) {
        Deque<Schema> open = new ArrayDeque<>(List.of(schema()));
        while (!open.isEmpty()) {
            Schema schema = open.pop();
            if (schema.keyword("$anchor").orElse(null) instanceof JsonString(String name) && name.equals(anchor)) {
                return schema;
            }
            switch (schema.value()) {
                case JsonObject(Map<String, JsonValue> members) ->
                    members.forEach((name, value) -> open.push(new Schema(schema.path() + "/" + Schema.escape(name), value)));
                case JsonArray(List<JsonValue> elements) -> {
                    for (int i = 0; i < elements.size(); i++) {
                        open.push(new Schema(schema.path() + "/" + i, elements.get(i)));
                    }
                }
                default -> {}
            }
        }
        throw from.error("$ref", "found '" + reference + "', but nothing has the $anchor '" + anchor + "'");
    }
}

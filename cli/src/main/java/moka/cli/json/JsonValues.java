package moka.cli.json;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.cli.terminal.CommandFailure;
import moka.template.Message;

/** JSON as the values that templates know: String, Boolean, Long, BigInteger, Double, List, Map, and none. */
public final class JsonValues {
    private JsonValues() {}

    public static Map<String, Object> map(JsonObject object) {
        Map<String, Object> map = new LinkedHashMap<>();
        object.entrySet().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
        return map;
    }

    public static Object value(JsonElement element) {
        return switch (element) {
            case JsonObject object -> map(object);
            case JsonArray array -> {
                List<Object> list = new ArrayList<>();
                array.forEach(item -> list.add(value(item)));
                yield list;
            }
            case JsonPrimitive primitive -> primitive(primitive);
            case JsonNull none -> Message.TemplateValues.NONE;
            default -> throw new IllegalArgumentException("unknown JSON element " + element);
        };
    }

    private static Object primitive(JsonPrimitive primitive) {
        if (primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        if (primitive.isString()) {
            return primitive.getAsString();
        }
        String digits = primitive.getAsString();
        if (!digits.matches("-?\\d+")) {
            return primitive.getAsDouble();
        }
        BigInteger integer = new BigInteger(digits);
        return integer.bitLength() < 64 ? (Object) integer.longValue() : integer;
    }

    /** A message of a conversation: role, content (text, parts or none), and whatever else it has. */
    public static Message message(JsonElement element) {
        if (!(element instanceof JsonObject object) || !object.has("role") || !object.get("role").isJsonPrimitive()) {
            throw CommandFailure.failed("a message must be an object with \"role\" and \"content\", found " + element);
        }
        Map<String, Object> fields = map(object);
        String role = String.valueOf(fields.remove("role"));
        String content = "";
        if (fields.get("content") instanceof String text) {
            content = text;
            fields.remove("content");
        }
        return new Message(role, content, fields);
    }

    public static List<Message> messages(JsonElement element) {
        if (!(element instanceof JsonArray array)) {
            throw CommandFailure.failed("messages must be a list, found " + element);
        }
        List<Message> messages = new ArrayList<>();
        array.forEach(item -> messages.add(message(item)));
        return messages;
    }
}

package moka.template.answer;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which arguments of which tools are text. Notations with tags write {@code 12} for a number as well as for a text; the schema tells
 * them apart, and without one what reads as JSON is taken for that.
 */
final class ToolSchemas {
    private final Map<String, Set<String>> texts = new HashMap<>();

    /** @param tools as the template got them: {@code {"type": "function", "function": {"name", "parameters": {"properties"}}}} */
    ToolSchemas(List<?> tools) {
        for (Object tool : tools) {
            if (tool instanceof Map<?, ?> map) {
                Map<?, ?> function = map.get("function") instanceof Map<?, ?> inner ? inner : map;
                if (function.get("name") instanceof String name
                        && function.get("parameters") instanceof Map<?, ?> parameters
                        && parameters.get("properties") instanceof Map<?, ?> properties) {
                    texts.put(name, texts(properties));
                }
            }
        }
    }

    private static Set<String> texts(Map<?, ?> properties) {
        var texts = new HashSet<String>();
        properties.forEach((key, schema) -> {
            if (schema instanceof Map<?, ?> map && "string".equals(map.get("type"))) {
                texts.add(String.valueOf(key));
            }
        });
        return texts;
    }

    /** The value that an argument's text stands for. */
    Object value(String tool, String argument, String text) {
        return texts.getOrDefault(tool, Set.of()).contains(argument) ? text : guess(text);
    }

    static Object guess(String text) {
        Object json = Json.parse(text);
        // Some models write True and {'key': 'value'}, as Python prints them.
        Object value = json == null ? PythonCalls.literal(text) : json;
        // A text that the model put into quotes stays as it stands: tags need none.
        return value == null || value instanceof String ? text : value;
    }
}

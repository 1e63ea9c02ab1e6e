package moka.template.answer;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A call of a tool that the model asks for.
 *
 * @param id what the result refers to: the model's own, else made of the call's place in the answer (nine letters and digits, which all
 *     templates take)
 * @param name the tool
 * @param arguments a JSON object as text, which the caller should check against the tool's schema
 */
public record ToolCall(String id, String name, String arguments) {
    /** The arguments as String, Boolean, Long, BigInteger, Double, List, Map, or {@code TemplateValues.NONE}. */
    public Map<String, Object> argumentValues() {
        var values = new LinkedHashMap<String, Object>();
        if (Json.parse(arguments) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> values.put((String) key, value));
        }
        return values;
    }

    public ToolCall withId(String id) {
        return new ToolCall(id, name, arguments);
    }

    /** The call as templates take it: {@code {"type": "function", "id", "function": {"name", "arguments"}}}. */
    Map<String, Object> templateValue() {
        var function = new LinkedHashMap<String, Object>();
        function.put("name", name);
        function.put("arguments", argumentValues());
        var call = new LinkedHashMap<String, Object>();
        call.put("type", "function");
        call.put("id", id);
        call.put("function", function);
        return call;
    }
}

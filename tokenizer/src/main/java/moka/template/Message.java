package moka.template;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A chat message.
 *
 * @param role {@code system}, {@code user}, {@code assistant}, {@code tool}, or what the template knows
 * @param content the text (empty where there is none)
 * @param fields further fields as the template sees them ({@code tool_calls}, {@code reasoning_content}, {@code name}, or a
 *     {@code content} that is a list of parts, which wins over the text): values are String, Boolean, Long, BigInteger, Double,
 *     List, Map, or {@link TemplateValues#NONE}
 */
public record Message(String role, String content, Map<String, Object> fields) {
    public Message {
        // Not Map.copyOf: templates print messages, so the order of fields counts.
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    public static Message system(String text) {
        return new Message("system", text, Map.of());
    }

    public static Message user(String text) {
        return new Message("user", text, Map.of());
    }

    public static Message assistant(String text) {
        return new Message("assistant", text, Map.of());
    }

    /** What a tool gave back. @param toolCallId the call that it answers, as the assistant's message names it */
    public static Message tool(String toolCallId, String name, String text) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("tool_call_id", toolCallId);
        fields.put("name", name);
        return new Message("tool", text, fields);
    }

    /** A message of several parts, such as {@code {"type": "text", "text": "…"}}; templates for plain text do not take these. */
    public static Message ofParts(String role, List<Map<String, Object>> parts) {
        return new Message(role, "", Map.of("content", List.copyOf(parts)));
    }

    /** The same message with one more field, such as {@code reasoning_content}. */
    public Message withField(String name, Object value) {
        var more = new LinkedHashMap<>(fields);
        more.put(name, value);
        return new Message(role, content, more);
    }

    /** Marks for values that Java has no own for. */
    public static final class TemplateValues {
        /** {@code none}. */
        public static final Object NONE = new Object() {
            @Override
            public String toString() {
                return "None";
            }
        };

        private TemplateValues() {}
    }
}

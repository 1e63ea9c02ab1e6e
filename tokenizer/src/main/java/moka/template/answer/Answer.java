package moka.template.answer;

import java.util.LinkedHashMap;
import java.util.List;
import moka.template.Message;

/**
 * An answer taken apart.
 *
 * @param content text for the user
 * @param reasoning what the model thought before and between, empty where it did not
 * @param toolCalls in their order
 */
public record Answer(String content, String reasoning, List<ToolCall> toolCalls) {
    public Answer {
        toolCalls = List.copyOf(toolCalls);
    }

    /** The assistant's message to go on with: {@code reasoning_content} and {@code tool_calls} are fields as templates read them. */
    public Message toMessage() {
        var fields = new LinkedHashMap<String, Object>();
        if (!reasoning.isEmpty()) {
            fields.put("reasoning_content", reasoning);
        }
        if (!toolCalls.isEmpty()) {
            fields.put("tool_calls", toolCalls.stream().map(ToolCall::templateValue).toList());
        }
        return new Message("assistant", content, fields);
    }
}

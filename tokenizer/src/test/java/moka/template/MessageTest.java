package moka.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import moka.testing.SharedData;
import moka.tokenizer.Tokenizer.Segment;
import org.junit.jupiter.api.Test;

class MessageTest {
    @Test
    void rendersAsTheSameConversationInJson() throws IOException {
        Path folder = SharedData.require("public/chat-templates");
        var failures = new ArrayList<String>();
        int rendered = 0;
        for (JsonObject entry : SharedData.objects(folder.resolve("index.jsonl"))) {
            String name = entry.get("name").getAsString();
            var template = ChatTemplate.parse(name, Files.readString(folder.resolve("templates/" + name + ".jinja")), ReferenceData.OPTIONS);
            for (JsonObject line : SharedData.objects(folder.resolve("cases/" + name + ".jsonl"))) {
                Map<String, Object> context = ReferenceData.map(line.getAsJsonObject("context"));
                List<?> given = (List<?>) context.get("messages");
                if (!line.has("output") || !given.stream().allMatch(message -> ((Map<?, ?>) message).get("content") != null)) {
                    continue;
                }
                var variables = new LinkedHashMap<>(context);
                variables.remove("messages");
                boolean prompt = Boolean.TRUE.equals(variables.remove("add_generation_prompt"));
                rendered++;
                String output = template.render(given.stream().map(MessageTest::message).toList(), prompt, variables).stream()
                        .map(Segment::text)
                        .collect(Collectors.joining());
                if (!output.equals(line.get("output").getAsString())) {
                    failures.add(name + " " + line.get("case").getAsString() + ": " + output);
                }
            }
        }
        assertEquals(List.of(), failures);
        assertTrue(rendered > 2500, "rendered " + rendered);
    }

    private static Message message(Object json) {
        var fields = new LinkedHashMap<String, Object>();
        ((Map<?, ?>) json).forEach((key, value) -> fields.put((String) key, value));
        String role = (String) fields.remove("role");
        return fields.get("content") instanceof String text
                ? new Message(role, (String) Objects.requireNonNull(fields.remove("content")), fields)
                : new Message(role, "", fields);
    }

    @Test
    void takesToolCallsResultsAndParts() {
        var template = ChatTemplate.parse(
                "tools",
                "{% for m in messages %}{{ m.role }}:{% if m.content is string %}{{ m.content }}{% else %}{{ m.content | map(attribute='text') | join('+') }}{% endif %}"
                        + "{% for c in m.tool_calls %}{{ c.function.name }}({{ c.function.arguments | tojson }}){% endfor %}{{ m.tool_call_id }};{% endfor %}");
        Map<String, Object> call = Map.of("id", "call00000", "function", Map.of("name", "f", "arguments", Map.of("x", 1L)));
        List<Segment> segments = template.render(
                List.of(
                        Message.ofParts("user", List.of(Map.of("type", "text", "text", "a"), Map.of("type", "text", "text", "b"))),
                        Message.assistant("").withField("tool_calls", List.of(call)),
                        Message.tool("call00000", "f", "42")),
                false,
                Map.of());
        assertEquals(
                "user:a+b;assistant:f({\"x\": 1});tool:42call00000;", segments.stream().map(Segment::text).collect(Collectors.joining()));
    }

    @Test
    void refusesValuesThatTemplatesDoNotKnow() {
        var template = ChatTemplate.parse("any", "{{ x }}");
        for (Object value : List.of(new Object(), new BigDecimal("1.5"), new int[] {1}, Set.of(1))) {
            var failure = assertThrows(
                    TemplateException.class, () -> template.render(List.of(), false, Map.of("x", value)));
            assertEquals(TemplateException.Kind.INPUT, failure.kind());
            assertTrue(failure.getMessage().startsWith("template variable 'x' holds a "), failure.getMessage());
        }
    }

    @Test
    void refusesValuesNestedWithoutEnd() {
        var list = new ArrayList<Object>();
        list.add(list);
        var template = ChatTemplate.parse("any", "{{ x }}");
        var failure = assertThrows(
                TemplateException.class, () -> template.render(List.of(), false, Map.of("x", list)));
        assertEquals(TemplateException.Kind.INPUT, failure.kind());
    }
}

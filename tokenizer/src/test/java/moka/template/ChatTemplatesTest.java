package moka.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import moka.gguf.GgufFile;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

class ChatTemplatesTest {
    /** Golden texts of llama.cpp v0.5.0: its {@code llm_chat_apply_template} on five conversations, with and without a prompt to answer. */
    @Test
    void rendersTheBuiltInTemplatesAsLlamaCpp() throws IOException {
        var failures = new ArrayList<String>();
        var names = new TreeSet<String>();
        try (var lines = new BufferedReader(new InputStreamReader(
                ChatTemplatesTest.class.getResourceAsStream("built-in.jsonl"), StandardCharsets.UTF_8))) {
            for (String text : lines.lines().toList()) {
                JsonObject line = JsonParser.parseString(text).getAsJsonObject();
                String name = line.get("name").getAsString();
                names.add(name);
                ChatTemplate template = ChatTemplates.builtIn(name, TemplateOptions.DEFAULT).orElseThrow();
                String output = template.renderContext(ReferenceData.map(line));
                if (!output.equals(line.get("output").getAsString())) {
                    failures.add(name + ": expected " + line.get("output") + ", got " + output);
                }
            }
        }
        assertEquals(List.of(), failures);
        assertEquals(List.copyOf(names), ChatTemplates.builtInNames());
    }

    @Test
    void joinsThePartsOfAMessageInBuiltInTemplates() {
        var parts = List.of(Map.of("type", "text", "text", "Hel"), Map.of("type", "image"), Map.of("type", "text", "text", "lo"));
        for (String name : ChatTemplates.builtInNames()) {
            ChatTemplate template = ChatTemplates.builtIn(name, TemplateOptions.DEFAULT).orElseThrow();
            String expected = template.renderContext(Map.of("messages", List.of(Map.of("role", "user", "content", "Hello"))));
            assertEquals(expected, template.renderContext(Map.of("messages", List.of(Map.of("role", "user", "content", parts)))), name);
        }
    }

    @Test
    void knowsNoOtherNames() {
        assertTrue(ChatTemplates.builtIn("llama-9", TemplateOptions.DEFAULT).isEmpty());
        assertTrue(ChatTemplates.builtIn("", TemplateOptions.DEFAULT).isEmpty());
    }

    @Test
    void findsTheVariantsOfAFile() throws IOException {
        Path path = SharedData.require("public/tokenizers/vocab/ggml-vocab-command-r.gguf.gz");
        try (var packed = Files.newInputStream(path)) {
            var file = GgufFile.of("command-r", MemorySegment.ofArray(new GZIPInputStream(packed).readAllBytes()));
            var templates = ChatTemplates.of(file.metadata());
            assertEquals(Set.of("tool_use", "rag"), templates.names());
            assertFalse(templates.main().isEmpty());
            assertEquals(templates.named("tool_use").orElseThrow().source(), templates.forTools().orElseThrow().source());
            assertEquals(templates.named("rag"), templates.find("rag"));
            assertTrue(templates.find("chatml").orElseThrow().source().contains("<|im_start|>"));
            assertTrue(templates.find("nonsense").isEmpty());
        }
    }

    @Test
    void saysTheMessageOfATemplateInOneLineThatATerminalMayShow() {
        ChatTemplate template = ChatTemplate.parse("t", "{{ raise_exception('no\u001b[2J\nmore ' ~ 'x' * 5000) }}");
        var failure = assertThrows(TemplateException.class, () -> template.render(List.of(Message.user("Hi")), true, Map.of()));
        assertEquals("no\\u001b[2J\\u000amore " + "x".repeat(978) + "…", failure.getMessage());
    }
}

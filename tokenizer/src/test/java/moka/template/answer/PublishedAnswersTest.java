package moka.template.answer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import moka.template.ChatTemplate;
import moka.template.ConformanceReport;
import moka.template.ReferenceData;
import moka.template.TemplateException;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

/**
 * The calls that published templates write into a conversation, read back: what a model was trained to write is the difference between the
 * prompt with and without its turn.
 */
class PublishedAnswersTest {
    private static final Pattern END = Pattern.compile(
            "(<\\|(im_end|eot_id|eom_id|end|eot|end_of_text|END_OF_TURN_TOKEN|call|return|stop|assistant_end|eom|endoftext|endofturn|message_sep)\\|>|</s>|<｜end▁of▁sentence｜>"
                    + "|\\[e~\\[|<seed:eos>|<SPECIAL_12>|<turn\\|>|<end_of_turn>|<\\|observation\\|>|</assistant>)\\s*$");

    /** Templates whose own text of these cases holds no call that could be read, and why. */
    private static final Map<String, String> UNREADABLE = Map.of(
            "MiniMax-M3", "a notation of its own, which no other model has: not read",
            "google-gemma-4-31B-it tool-calls-string-args", "writes JSON within its own brackets",
            "google-gemma-4-31B-it-interleaved tool-calls-string-args", "the same",
            "vocab-gemma-4 tool-calls-string-args", "the same",
            "Mistral-Small-3.2-24B-Instruct-2506 tool-calls-string-args", "writes JSON in a string where the model writes JSON",
            "NVIDIA-Nemotron-Nano-v2 tool-calls-nested-args", "ends the turn before the calls",
            "openai-gpt-oss-120b tool-calls-nested-args", "writes the first call only",
            "NousResearch-Hermes-2-Pro-Llama-3-8B-JSON-Schema tool-calls-nested-args", "leaves out the second marker",
            "moonshotai-Kimi-K2-Thinking", "writes the ids of the history, which hold no names",
            "vllm-phi4_mini", "shows calls in another notation than it asks for");

    @Test
    void readsTheCallsThatTemplatesWrite() throws IOException {
        Path folder = SharedData.require("public/chat-templates");
        var counts = new TreeMap<String, int[]>();
        var failures = new ArrayList<String>();
        for (Map<String, Object> entry : ReferenceData.lines(folder.resolve("index.jsonl"))) {
            String name = (String) entry.get("name");
            var template = ChatTemplate.parse(name, Files.readString(folder.resolve("templates/" + name + ".jinja")), ReferenceData.OPTIONS);
            AnswerFormat format = AnswerFormat.of(template);
            for (Map<String, Object> line : ReferenceData.lines(folder.resolve("cases/" + name + ".jsonl"))) {
                if (((String) line.get("case")).startsWith("tool-calls") && format != AnswerFormat.PLAIN) {
                    check(name + " " + line.get("case"), template, format, (Map<?, ?>) line.get("context"), counts, failures);
                }
            }
        }
        ConformanceReport.write("tool calls read back", "format", counts, failures);
        assertEquals(
                List.of(),
                failures.stream().filter(failure -> UNREADABLE.keySet().stream().noneMatch(failure::contains)).toList());
        assertTrue(counts.values().stream().mapToInt(count -> count[1]).sum() > 200);
    }

    private static void check(
            String title, ChatTemplate template, AnswerFormat format, Map<?, ?> context, Map<String, int[]> counts, List<String> failures) {
        List<?> messages = (List<?>) context.get("messages");
        for (int i = 1; i < messages.size(); i++) {
            if (!(((Map<?, ?>) messages.get(i)).get("tool_calls") instanceof List<?> expected) || expected.isEmpty()) {
                continue;
            }
            String prompt;
            String all;
            try {
                prompt = render(template, context, messages.subList(0, i), true);
                all = render(template, context, messages.subList(0, i + 1), false);
            } catch (TemplateException refused) {
                continue;
            }
            if (!all.startsWith(prompt)) {
                prompt = prompt.substring(0, Math.max(0, commonPrefix(prompt, all)));
            }
            String text = all.substring(prompt.length());
            for (var end = END.matcher(text); end.find(); end = END.matcher(text)) {
                text = text.substring(0, end.start());
            }
            if (!text.contains("\"") && !text.contains("get_weather")) {
                continue;
            }
            var parser = new AnswerParser(format, AnswerListener.SILENT, prompt, context.get("tools") instanceof List<?> tools ? tools : List.of());
            parser.accept(text);
            int[] count = counts.computeIfAbsent(format.name(), it -> new int[2]);
            count[1]++;
            List<?> found = parser.finish().toolCalls().stream().map(call -> Map.entry(call.name(), call.argumentValues())).toList();
            if (found.equals(expected.stream().map(PublishedAnswersTest::call).toList())) {
                count[0]++;
            } else {
                failures.add("- " + format + " " + title + ": " + text.replace("\n", "\\n") + " -> " + found);
            }
        }
    }

    private static Map.Entry<?, ?> call(Object call) {
        Map<?, ?> function = (Map<?, ?>) (((Map<?, ?>) call).get("function") instanceof Map<?, ?> inner ? inner : call);
        Object arguments = function.get("arguments") instanceof String text ? Json.parse(text) : function.get("arguments");
        return Map.entry(function.get("name"), arguments);
    }

    private static int commonPrefix(String a, String b) {
        int at = 0;
        while (at < Math.min(a.length(), b.length()) && a.charAt(at) == b.charAt(at)) {
            at++;
        }
        // Not into a marker that both have begun with.
        int open = a.lastIndexOf('<', at - 1);
        return open >= 0 && a.indexOf('>', open) >= at ? open : at;
    }

    private static String render(ChatTemplate template, Map<?, ?> context, List<?> messages, boolean prompt) {
        var changed = new LinkedHashMap<String, Object>();
        context.forEach((key, value) -> changed.put((String) key, value));
        changed.put("messages", messages);
        changed.put("add_generation_prompt", prompt);
        return template.renderContext(changed);
    }
}

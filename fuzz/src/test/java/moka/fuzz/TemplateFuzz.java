package moka.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import moka.template.ChatTemplate;
import moka.template.Message;
import moka.template.TemplateException;
import moka.template.TemplateOptions;
import moka.template.answer.AnswerFormat;

/** Chat templates: parsed, rendered, and looked at for the notation of answers. */
class TemplateFuzz {
    private static final TemplateOptions OPTIONS = TemplateOptions.DEFAULT
            .withNow(() -> LocalDateTime.of(2026, 1, 15, 12, 34, 56))
            .withLimits(5_000, 50_000, Duration.ofSeconds(5));
    private static final List<Message> MESSAGES =
            List.of(Message.system("Be brief."), Message.user("Hello"), Message.assistant("Hi"), Message.user("<|im_end|>"));
    private static final Map<String, Object> VARIABLES = Map.of(
            "bos_token", "<s>", "eos_token", "</s>", "tools", List.of(Map.of("type", "function", "function", Map.of("name", "f"))));

    @FuzzTest
    void template(byte[] bytes) {
        try {
            ChatTemplate template = ChatTemplate.parse("fuzz", new String(bytes, StandardCharsets.UTF_8), OPTIONS);
            AnswerFormat.of(template);
            template.render(MESSAGES, true, VARIABLES);
        } catch (TemplateException refusal) {
            Refusal.check(refusal);
        }
    }
}

package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import moka.engine.sampling.SamplingOptions;
import moka.models.DefaultModel;
import moka.template.ChatTemplate;
import moka.template.Message;
import org.junit.jupiter.api.Test;

/** Reasoning and text reach the listener apart, on the default model, which the template makes think. */
class ParsedAnswerTest {
    private static final List<Message> QUESTION = List.of(Message.user("What is the capital of France?"));
    private static final ChatTemplate OPENS_REASONING =
            ChatTemplate.parse("thinking", "{{ messages[0].content }}{% if add_generation_prompt %}\n<think>\n{% endif %}");
    private static final GenerationOptions GREEDY = GenerationOptions.DEFAULT
            .withSampling(SamplingOptions.GREEDY)
            .withMaxTokens(12)
            .withChatTemplate(OPENS_REASONING);

    @Test
    void tellsReasoningThatThePromptOpened() throws IOException {
        try (InputStream stream = DefaultModel.open();
                Model model = Model.open(
                        DefaultModel.FILE_NAME, MemorySegment.ofArray(stream.readAllBytes()), ModelOptions.DEFAULT);
                Session session = model.newSession()) {
            String whole = session.generate(QUESTION, GREEDY, GenerationListener.SILENT).text();
            assertFalse(whole.isBlank());

            var heard = new StringBuilder();
            GenerationResult parsed = session.generate(QUESTION, GREEDY.withParsedAnswer(true), new GenerationListener() {
                @Override
                public void onText(String text) {
                    heard.append("text ").append(text);
                }

                @Override
                public void onReasoning(String text) {
                    heard.append(text);
                }
            });
            assertEquals(whole.strip(), parsed.answer().reasoning());
            assertEquals(whole.strip(), heard.toString());
            assertEquals("", parsed.text());
            assertEquals(List.of(), parsed.answer().toolCalls());
        }
    }

    @Test
    void leavesTheTextAsItIsWhereNothingIsParsed() throws IOException {
        try (InputStream stream = DefaultModel.open();
                Model model = Model.open(
                        DefaultModel.FILE_NAME, MemorySegment.ofArray(stream.readAllBytes()), ModelOptions.DEFAULT);
                Session session = model.newSession()) {
            GenerationResult result = session.generate(QUESTION, GREEDY, GenerationListener.SILENT);
            assertEquals(result.text(), result.answer().content());
            assertEquals("", result.answer().reasoning());
        }
    }
}

package moka.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.template.ChatTemplate;
import moka.template.Message;
import moka.tokenizer.Tokenizer;
import moka.tokenizer.Tokenizer.Segment;

/** How a model's conversations become prompts: which template renders them, and with which variables. */
final class ConversationPrompt {
    private ConversationPrompt() {}

    /** The template that conversations are rendered by: the options', else the model's, which may have one of its own for tools. */
    static Optional<ChatTemplate> template(Model model, GenerationOptions options) {
        return options.chatTemplate()
                .or(options.templateVariables().containsKey("tools") ? model.chatTemplates()::forTools : model::chatTemplate);
    }

    /** The prompt of a conversation, up to where the answer begins. @throws EngineException if there is no template */
    static List<Segment> render(Model model, List<Message> messages, GenerationOptions options) {
        ChatTemplate template = template(model, options)
                .orElseThrow(() -> new EngineException(model.name()
                        + ": the file has no chat template ('tokenizer.chat_template'): name one with --chat-template, such as chatml, or send plain text with --raw"));
        Tokenizer tokenizer = model.tokenizer();
        Map<String, Object> variables = new HashMap<>();
        putToken(variables, "bos_token", tokenizer, tokenizer.bos());
        putToken(variables, "eos_token", tokenizer, tokenizer.eos());
        variables.putAll(options.templateVariables());
        return template.render(messages, true, variables);
    }

    private static void putToken(Map<String, Object> variables, String name, Tokenizer tokenizer, int id) {
        if (id >= 0) {
            variables.put(name, tokenizer.decode(new int[] {id}, false, true));
        }
    }
}

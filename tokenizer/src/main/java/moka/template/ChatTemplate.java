package moka.template;

import java.util.List;
import java.util.Map;
import moka.tokenizer.Tokenizer.Segment;

/** A chat template, parsed once and rendered many times. Immutable and safe for use by many threads. */
public interface ChatTemplate {
    /** Parses a Jinja template. @param name what messages call it @throws TemplateException if it is malformed */
    static ChatTemplate parse(String name, String source) {
        return parse(name, source, TemplateOptions.DEFAULT);
    }

    /** Parses a Jinja template that is to run with another clock or other limits. */
    static ChatTemplate parse(String name, String source, TemplateOptions options) {
        return new ParsedChatTemplate(name, source, options);
    }

    String source();

    /**
     * Renders a conversation to segments: what messages, tools and variables brought in is untrusted, the template's own text
     * is trusted, so that only the latter makes special tokens.
     *
     * @param variables extra variables ({@code enable_thinking}, {@code tools}, {@code documents}, {@code bos_token} …)
     * @throws TemplateException if the template refuses (the message of its {@code raise_exception}) or fails
     */
    List<Segment> render(List<Message> messages, boolean addGenerationPrompt, Map<String, Object> variables);

    /** Renders with any context, as transformers' {@code render_jinja_template} does: conformance tests and {@code moka template}. */
    String renderContext(Map<String, Object> context);

    /** As {@link #renderContext}, with what is trusted told apart as {@link #render} does. */
    List<Segment> renderContextToSegments(Map<String, Object> context);
}

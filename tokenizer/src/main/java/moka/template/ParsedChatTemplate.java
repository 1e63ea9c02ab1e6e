package moka.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import moka.template.TemplateException.Kind;
import moka.template.jinja.JinjaTemplate;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Limits;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.Value;
import moka.tokenizer.Tokenizer.Segment;

/** A chat template over the interpreter. */
final class ParsedChatTemplate implements ChatTemplate {
    private static final String[] ALWAYS_DEFINED = {"tools", "documents"};

    private final String name;
    private final String source;
    private final TemplateOptions options;
    private final Limits limits;
    private final JinjaTemplate template;

    ParsedChatTemplate(String name, String source, TemplateOptions options) {
        this.name = name;
        this.source = source;
        this.options = options;
        this.limits =
                new Limits(options.maxSteps(), options.maxSize(), Limits.DEFAULT.depth(), options.maxTime().toNanos());
        try {
            this.template = JinjaTemplate.parse(source);
        } catch (JinjaException malformed) {
            throw translated(malformed);
        }
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public List<Segment> render(List<Message> messages, boolean addGenerationPrompt, Map<String, Object> variables) {
        var values = new ContextValues();
        var turns = new ArrayList<Value>(messages.size());
        for (Message message : messages) {
            turns.add(values.message(message));
        }
        Dict context = values.variables(variables);
        context.put(Text.trusted("messages"), Sequence.given(turns));
        context.put(Text.trusted("add_generation_prompt"), BooleanValue.of(addGenerationPrompt));
        return segments(render(context, values.size()));
    }

    @Override
    public String renderContext(Map<String, Object> context) {
        var values = new ContextValues();
        return render(values.variables(context), values.size()).chars();
    }

    @Override
    public List<Segment> renderContextToSegments(Map<String, Object> context) {
        var values = new ContextValues();
        return segments(render(values.variables(context), values.size()));
    }

    private Text render(Dict context, long size) {
        for (String variable : ALWAYS_DEFINED) {
            if (context.get(variable) == null) {
                context.put(Text.trusted(variable), NoneValue.NONE);
            }
        }
        try {
            return template.render(context, size, limits, options.now());
        } catch (JinjaException failure) {
            throw translated(failure);
        }
    }

    private static List<Segment> segments(Text text) {
        var segments = new ArrayList<Segment>();
        int begin = 0;
        while (begin < text.chars().length()) {
            int end = text.trustChange(begin);
            segments.add(new Segment(text.chars().substring(begin, end), text.isTrustedAt(begin)));
            begin = end;
        }
        return segments;
    }

    /** The message of a failure with its place, but for the template's own message to the user, which has none. */
    private TemplateException translated(JinjaException failure) {
        var message = new StringBuilder();
        if (failure.kind() != JinjaException.Kind.RAISE) {
            message.append(name);
            if (failure.line() > 0) {
                message.append(name.isEmpty() ? "line " : ", line ").append(failure.line());
            }
            if (failure.column() > 0) {
                message.append(", column ").append(failure.column());
            }
            if (!message.isEmpty()) {
                message.append(": ");
            }
        }
        message.append(failure.getMessage());
        return new TemplateException(
                Kind.valueOf(failure.kind().name()), name, failure.line(), failure.column(), message.toString());
    }
}

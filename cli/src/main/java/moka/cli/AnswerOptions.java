package moka.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.cli.json.Json;
import moka.cli.json.JsonValues;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.TextFiles;
import moka.engine.GenerationOptions;
import moka.engine.Model;
import moka.engine.grammar.Grammar;
import moka.template.ChatTemplate;
import moka.template.Message;
import moka.template.TemplateOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What an answer should be: its length and end, the system prompt, the template, the sampling. */
final class AnswerOptions {
    /** Looked for before options are read, see {@link Commands#find}. */
    static final String ROLE = "--role";

    @Option(names = ROLE, paramLabel = "NAME", hidden = true, description = "Take the options of [role NAME] in the configuration, such as a system prompt and a temperature.")
    @Nullable String role;

    @Option(names = {"-n", "--predict", "--n-predict", "--max-tokens"}, paramLabel = "N", description = "Most tokens to generate; -1 for no limit (default).")
    int maxTokens = -1;

    @Option(names = {"-sys", "--system", "--system-prompt"}, paramLabel = "TEXT", description = "System prompt.")
    @Nullable String system;

    @Option(names = {"-sysf", "--system-file", "--system-prompt-file"}, paramLabel = "FILE", hidden = true, description = "System prompt from a file.")
    @Nullable Path systemFile;

    @Option(names = {"--stop", "-r", "--reverse-prompt"}, paramLabel = "TEXT", hidden = true, description = "End the answer before this text; may be repeated.")
    List<String> stop = new ArrayList<>();

    @Option(names = "--ignore-eos", hidden = true, description = "Go on past the end that the model sets.")
    boolean ignoreEnd;

    @Option(names = "--chat-template", paramLabel = "NAME|FILE", hidden = true, description = "A chat template in place of the file's: built in, a variant of the file, a file, or Jinja text.")
    @Nullable String template;

    @Option(names = "--chat-template-file", paramLabel = "FILE", hidden = true, description = "The same from a file.")
    @Nullable Path templateFile;

    @Option(names = {"--template-variables", "--chat-template-kwargs"}, paramLabel = "JSON", hidden = true, description = "Extra variables for the template.")
    @Nullable String templateVariables;

    @Mixin
    final ReasoningFlags reasoning = new ReasoningFlags();

    @Option(names = "--context-shift", hidden = true, description = "When the context is full drop the older half, and go on; without it the answer ends.")
    boolean contextShift;

    @Option(names = "--keep", paramLabel = "N", hidden = true, description = "First tokens of the prompt that --context-shift keeps (-1: all; default: 0).")
    int keep;

    @Mixin
    final GrammarFlags grammar = new GrammarFlags();

    @Mixin
    final SamplingFlags sampling = new SamplingFlags();

    GenerationOptions generationOptions(Model model) {
        GenerationOptions options = GenerationOptions.DEFAULT
                .withSampling(sampling.over(model.samplingDefaults()))
                .withMaxTokens(maxTokens)
                .withStopTexts(stop)
                .withIgnoreEndOfGeneration(ignoreEnd)
                .withTemplateVariables(variables())
                .withParsedAnswer(reasoning.separate());
        if (contextShift) {
            options = options.withContextShift(keep < 0 ? Integer.MAX_VALUE : keep);
        }
        Optional<Grammar> constraint = grammar.grammar();
        if (constraint.isPresent()) {
            options = options.withGrammar(constraint.get());
        }
        if (templateFile != null) {
            return options.withChatTemplate(ChatTemplate.parse(templateFile.toString(), TextFiles.of(templateFile)));
        }
        return template == null
                ? options
                : options.withChatTemplate(TemplateChoice.of(template, Optional.of(model.chatTemplates()), TemplateOptions.DEFAULT));
    }

    /** The conversation that a user's text begins. */
    List<Message> conversation(String userText) {
        List<Message> messages = new ArrayList<>();
        String systemText = systemText();
        if (systemText != null) {
            messages.add(Message.system(systemText));
        }
        messages.add(Message.user(userText));
        return messages;
    }

    @Nullable String systemText() {
        return systemFile != null ? TextFiles.of(systemFile).stripTrailing() : system;
    }

    private Map<String, Object> variables() {
        Map<String, Object> variables = new LinkedHashMap<>();
        reasoning.addTo(variables);
        if (templateVariables != null) {
            variables.putAll(templateVariables("--template-variables", templateVariables));
        }
        return variables;
    }

    /** Variables of a JSON object. @param flag for messages */
    static Map<String, Object> templateVariables(String flag, String json) {
        try {
            if (JsonParser.parseString(json) instanceof JsonObject object) {
                return JsonValues.map(object);
            }
        } catch (JsonParseException e) {
            throw CommandFailure.usage(flag + ": malformed JSON: " + Json.reason(e));
        }
        throw CommandFailure.usage(flag + " '" + json + "', expected a JSON object such as {\"enable_thinking\": false}");
    }
}

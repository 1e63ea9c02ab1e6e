package moka.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.cli.json.Json;
import moka.cli.json.JsonLines;
import moka.cli.json.JsonValues;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;
import moka.gguf.GgufFile;
import moka.template.ChatTemplate;
import moka.template.ChatTemplates;
import moka.template.TemplateException;
import moka.template.TemplateOptions;
import moka.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine;

@CommandLine.Command(
        description = "Renders a conversation by a chat template and prints the prompt.",
        footer = {
            "",
            "Examples:",
            "  moka template model.gguf --messages chat.json   # a list of messages, or {\"messages\", \"tools\", ...}",
            "  moka template --template chat.jinja --messages chat.json",
            "  moka template --jsonl cases.jsonl               # {\"template\", \"context\"} a line"
        })
final class TemplateCommand extends Command {
    private final Streams streams;

    @Mixin
    final VocabularyOptions model = new VocabularyOptions();

    @Option(names = "--template", paramLabel = "FILE", description = "A Jinja template in place of the model's.")
    @Nullable Path template;

    @Option(names = "--chat-template", paramLabel = "NAME|FILE", description = "A built-in template, a variant of the model's, or a file.")
    @Nullable String chatTemplate;

    @Option(names = "--messages", paramLabel = "FILE", description = "JSON: a list of messages, or an object with messages and variables (- for standard input).")
    @Nullable String messages;

    @Option(names = "--no-generation-prompt", description = "Do not begin the assistant's turn.")
    boolean noGenerationPrompt;

    @Option(names = "--date", paramLabel = "DATE", description = "What strftime_now takes for now: 2026-01-31 or 2026-01-31T12:00:00.")
    @Nullable String date;

    @Option(names = "--jsonl", paramLabel = "FILE", description = "Many: {\"template\", \"context\"} a line, {\"output\"} or {\"error\"} out.")
    @Nullable String jsonLines;

    TemplateCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        if (jsonLines != null) {
            return eachLine(jsonLines);
        }
        if (messages == null) {
            throw CommandFailure.usage("no conversation: give --messages FILE.json (or --jsonl FILE)");
        }
        Map<String, Object> context = context(messages);
        streams.out().print(template(context).renderContext(context));
        return ExitCode.OK;
    }

    /** The template that was asked for, else the model's; its special tokens go into the context. */
    private ChatTemplate template(Map<String, Object> context) {
        if (template != null) {
            return ChatTemplate.parse(template.toString(), TextFiles.of(template), options());
        }
        if (chatTemplate != null && !model.isGiven()) {
            return TemplateChoice.of(chatTemplate, Optional.empty(), options());
        }
        try (GgufFile file = model.source().openFile()) {
            addTokens(context, Tokenizer.of(file.metadata()));
            var templates = ChatTemplates.of(file.metadata(), options());
            if (chatTemplate != null) {
                return TemplateChoice.of(chatTemplate, Optional.of(templates), options());
            }
            boolean withTools = context.get("tools") instanceof List<?> tools && !tools.isEmpty();
            return (withTools ? templates.forTools() : templates.main())
                    .orElseThrow(() -> CommandFailure.failed(file.name()
                            + ": the file has no chat template ('tokenizer.chat_template'): name one with --chat-template, such as chatml"));
        }
    }

    private TemplateOptions options() {
        if (date == null) {
            return TemplateOptions.DEFAULT;
        }
        try {
            LocalDateTime now = date.length() > 10
                    ? LocalDateTime.parse(date.replace(' ', 'T'))
                    : LocalDate.parse(date).atStartOfDay();
            return TemplateOptions.DEFAULT.withNow(() -> now);
        } catch (DateTimeParseException e) {
            throw CommandFailure.usage("--date '" + date + "', expected a date such as 2026-01-31 or 2026-01-31T12:00:00");
        }
    }

    private Map<String, Object> context(String file) {
        String text = file.equals("-") ? TextFiles.ofInput(streams) : TextFiles.of(Path.of(file));
        Map<String, Object> context = new LinkedHashMap<>();
        context.put("add_generation_prompt", !noGenerationPrompt);
        try {
            switch (JsonParser.parseString(text)) {
                case JsonArray list -> context.put("messages", JsonValues.value(list));
                case JsonObject object when object.get("messages") instanceof JsonArray -> context.putAll(JsonValues.map(object));
                default -> throw CommandFailure.failed(file + ": expected a list of messages, or an object with \"messages\"");
            }
        } catch (JsonParseException e) {
            throw CommandFailure.failed(file + ": malformed JSON: " + Json.reason(e));
        }
        return context;
    }

    private static void addTokens(Map<String, Object> context, Tokenizer tokenizer) {
        if (tokenizer.bos() >= 0) {
            context.putIfAbsent("bos_token", tokenizer.decode(new int[] {tokenizer.bos()}, false, true));
        }
        if (tokenizer.eos() >= 0) {
            context.putIfAbsent("eos_token", tokenizer.decode(new int[] {tokenizer.eos()}, false, true));
        }
    }

    private int eachLine(String file) {
        TemplateOptions options = options();
        Map<String, ChatTemplate> parsed = new LinkedHashMap<>();
        for (JsonLines.Line each : JsonLines.lines(streams, file)) {
            JsonObject answer = new JsonObject();
            try {
                JsonObject line = each.object();
                if (!(line.get("template") instanceof JsonPrimitive source) || !(line.get("context") instanceof JsonObject context)) {
                    throw CommandFailure.failed("line " + each.number() + ": expected {\"template\", \"context\"}");
                }
                ChatTemplate chatTemplate =
                        parsed.computeIfAbsent(source.getAsString(), text -> ChatTemplate.parse("template", text, options));
                answer.addProperty("output", chatTemplate.renderContext(JsonValues.map(context)));
            } catch (TemplateException | CommandFailure e) {
                answer.addProperty("error", e.getMessage());
            }
            streams.out().line(JsonLines.line(answer));
        }
        return ExitCode.OK;
    }
}

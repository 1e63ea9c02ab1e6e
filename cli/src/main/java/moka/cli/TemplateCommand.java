package moka.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.cli.json.JsonLines;
import moka.cli.json.JsonValues;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.cli.terminal.TextFiles;
import moka.gguf.GgufFile;
import moka.template.ChatTemplate;
import moka.template.TemplateException;
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
        if (template != null) {
            streams.out().print(render(ChatTemplate.parse(template.toString(), TextFiles.of(template)), context));
        } else {
            try (GgufFile file = model.source().openFile()) {
                String source = file.metadata().requireString("tokenizer.chat_template");
                addTokens(context, Tokenizer.of(file.metadata()));
                streams.out().print(render(ChatTemplate.parse(file.name(), source), context));
            }
        }
        return ExitCode.OK;
    }

    private String render(ChatTemplate chatTemplate, Map<String, Object> context) {
        if (date != null) {
            context.put("date", date);
        }
        return chatTemplate.renderContext(context);
    }

    private Map<String, Object> context(String file) {
        String text = file.equals("-") ? TextFiles.ofInput(streams) : TextFiles.of(Path.of(file));
        Map<String, Object> context = new LinkedHashMap<>();
        context.put("add_generation_prompt", !noGenerationPrompt);
        try {
            switch (JsonParser.parseString(text)) {
                case JsonArray list -> context.put("messages", JsonValues.value(list));
                case JsonObject object -> context.putAll(JsonValues.map(object));
                default -> throw CommandFailure.failed(file + ": expected a list of messages or an object");
            }
        } catch (JsonParseException e) {
            throw CommandFailure.failed(file + ": malformed JSON: " + e.getMessage());
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
        List<String> lines = JsonLines.lines(streams, file);
        Map<String, ChatTemplate> parsed = new LinkedHashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            JsonObject answer = new JsonObject();
            try {
                JsonObject line = JsonLines.object(file, i + 1, lines.get(i));
                JsonElement source = line.get("template");
                if (source == null || !(line.get("context") instanceof JsonObject context)) {
                    throw CommandFailure.failed("line " + (i + 1) + ": expected {\"template\", \"context\"}");
                }
                ChatTemplate chatTemplate =
                        parsed.computeIfAbsent(source.getAsString(), text -> ChatTemplate.parse("template", text));
                answer.addProperty("output", render(chatTemplate, JsonValues.map(context)));
            } catch (TemplateException | CommandFailure e) {
                answer.addProperty("error", e.getMessage());
            }
            streams.out().line(JsonLines.line(answer));
        }
        return ExitCode.OK;
    }
}

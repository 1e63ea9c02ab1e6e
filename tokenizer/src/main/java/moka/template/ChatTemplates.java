package moka.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import moka.gguf.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * The chat templates of a model file: {@code tokenizer.chat_template} and the variants named beside it
 * ({@code tokenizer.chat_template.NAME}); and the built-in ones for files that have none. Each is parsed when it is first asked for.
 * Safe for use by many threads.
 */
public final class ChatTemplates {
    private static final String KEY = "tokenizer.chat_template";
    /** The variant that models with one of this name expect as soon as there are tools. */
    private static final String FOR_TOOLS = "tool_use";

    private final String fileName;
    private final TemplateOptions options;
    /** By name; the main template under the name {@code ""}. */
    private final Map<String, String> sources = new LinkedHashMap<>();
    private final Map<String, ChatTemplate> parsed = new LinkedHashMap<>();

    private ChatTemplates(String fileName, TemplateOptions options) {
        this.fileName = fileName;
        this.options = options;
    }

    /** The templates that a file holds. */
    public static ChatTemplates of(Metadata metadata) {
        return of(metadata, TemplateOptions.DEFAULT);
    }

    /** The same with another clock or other limits. */
    public static ChatTemplates of(Metadata metadata, TemplateOptions options) {
        var templates = new ChatTemplates(metadata.source(), options);
        for (String key : metadata.values().keySet()) {
            if (key.equals(KEY) || key.startsWith(KEY + ".")) {
                String name = key.length() > KEY.length() ? key.substring(KEY.length() + 1) : "";
                metadata.string(key).ifPresent(source -> templates.sources.put(name, source));
            }
        }
        // Some files name their main template as well.
        String main = templates.sources.get("default");
        if (main != null) {
            templates.sources.putIfAbsent("", main);
        }
        return templates;
    }

    /** Names of the file's variants. */
    public Set<String> names() {
        var names = new LinkedHashMap<>(sources);
        names.remove("");
        return names.keySet();
    }

    /** The file's main template, or empty. @throws TemplateException if it is malformed */
    public Optional<ChatTemplate> main() {
        return named("");
    }

    /** The file's template for a conversation with tools: the variant for them if there is one, as transformers chooses. */
    public Optional<ChatTemplate> forTools() {
        return named(FOR_TOOLS).or(this::main);
    }

    /** A variant of the file, or empty. @throws TemplateException if it is malformed */
    public synchronized Optional<ChatTemplate> named(String name) {
        ChatTemplate known = parsed.get(name);
        @Nullable String source = sources.get(name);
        if (known == null && source != null) {
            known = ChatTemplate.parse(name.isEmpty() ? fileName : fileName + " (chat template '" + name + "')", source, options);
            parsed.put(name, known);
        }
        return Optional.ofNullable(known);
    }

    /** A variant of the file, else the built-in template of that name, or empty. */
    public Optional<ChatTemplate> find(String name) {
        return named(name).or(() -> builtIn(name, options));
    }

    /** A template of the names that llama.cpp knows, for files that have none: it renders turns of text only. */
    public static Optional<ChatTemplate> builtIn(String name, TemplateOptions options) {
        return Optional.ofNullable(BuiltInTemplates.source(name)).map(source -> ChatTemplate.parse(name, source, options));
    }

    /** Names that {@link #builtIn} knows, in alphabetical order. */
    public static List<String> builtInNames() {
        return BuiltInTemplates.NAMES;
    }
}

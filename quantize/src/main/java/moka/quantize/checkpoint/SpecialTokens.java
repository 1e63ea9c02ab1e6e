package moka.quantize.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import moka.gguf.MetadataBuilder;
import moka.quantize.QuantizeException;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens begin and end a text, which are added by themselves, and the chat template: from {@code tokenizer_config.json}, the post-processor of
 * {@code tokenizer.json}, {@code config.json} and the template's own file.
 */
final class SpecialTokens {
    /** Roles in the order of their keys, and what GGUF calls them. */
    private static final Map<String, String> KEYS = new LinkedHashMap<>();

    static {
        KEYS.put("bos", "bos");
        KEYS.put("eos", "eos");
        KEYS.put("unk", "unknown");
        KEYS.put("sep", "seperator"); // so spelled in the format
        KEYS.put("pad", "padding");
        KEYS.put("cls", "cls");
        KEYS.put("mask", "mask");
        KEYS.put("eot", "eot");
        KEYS.put("eom", "eom");
    }

    /** Roles for which GGUF can say whether they are added. */
    private static final Set<String> ADDABLE = Set.of("bos", "eos", "sep");

    private static final int TEMPLATE_BYTES = 4 << 20;

    private final Path folder;
    private final Map<String, Object> config;
    private final Map<String, Object> tokenizerConfig;
    private final Optional<TokenizerFile> file;
    private final int vocabularySize;
    private final Set<String> roles = new LinkedHashSet<>(List.of("bos", "eos", "unk", "sep", "pad", "cls", "mask"));
    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Map<String, Long> ids = new LinkedHashMap<>();
    private final Map<String, Boolean> additions = new LinkedHashMap<>();

    /**
     * @param config {@code config.json}
     * @param tokenizerConfig {@code tokenizer_config.json}, empty where there is none
     * @param file {@code tokenizer.json}
     */
    SpecialTokens(
            Path folder,
            Map<String, Object> config,
            Map<String, Object> tokenizerConfig,
            Optional<TokenizerFile> file,
            int vocabularySize) {
        this.folder = folder;
        this.config = config;
        this.tokenizerConfig = tokenizerConfig;
        this.file = file;
        this.vocabularySize = vocabularySize;
        for (String role : KEYS.keySet()) {
            text(tokenizerConfig.get(role + "_token")).ifPresent(it -> texts.put(role, it));
        }
        file.ifPresent(this::readPostProcessor);
        readTokenizerConfig();
        readConfig();
    }

    void describe(MetadataBuilder keys) {
        ids.forEach((role, id) -> keys.setUint32("tokenizer.ggml." + KEYS.get(role) + "_token_id", id));
        additions.forEach((role, add) -> {
            if (ADDABLE.contains(role)) {
                keys.set("tokenizer.ggml.add_" + role + "_token", add);
            }
        });
        describeTemplates(keys);
    }

    /** A token is given as its text, or as an object with the text as {@code content}. */
    private static Optional<String> text(@Nullable Object entry) {
        return switch (entry) {
            case String text -> Optional.of(text);
            case Map<?, ?> map when map.get("content") instanceof String text -> Optional.of(text);
            case null, default -> Optional.empty();
        };
    }

    private void readPostProcessor(TokenizerFile tokenizer) {
        texts.putIfAbsent("bos", texts.getOrDefault("cls", ""));
        texts.putIfAbsent("eos", texts.getOrDefault("sep", ""));
        Map<String, Object> root = tokenizer.postProcessor();
        List<?> processors = root.get("processors") instanceof List<?> list ? list : List.of(root);
        for (Object processor : processors) {
            if (processor instanceof Map<?, ?> map && "TemplateProcessing".equals(map.get("type"))) {
                readTemplate(elements(map.get("single")), elements(map.get("pair")));
            }
        }
        texts.values().removeIf(String::isEmpty);
    }

    private static List<?> elements(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    private static String special(Object element) {
        return element instanceof Map<?, ?> map && map.get("SpecialToken") instanceof Map<?, ?> token && token.get("id") instanceof String id
                ? id
                : "";
    }

    private static String sequence(Object element) {
        return element instanceof Map<?, ?> map && map.get("Sequence") instanceof Map<?, ?> sequence ? String.valueOf(sequence.get("id")) : "";
    }

    /** {@code <bos> A <eos>}, and for pairs {@code <bos> A <sep> B <eos>}: what stands before and after tells what is added. */
    private void readTemplate(List<?> single, List<?> pair) {
        String first = single.size() > 1 ? special(single.getFirst()) : "";
        String last = single.size() > 1 ? special(single.getLast()) : "";
        if (!first.isEmpty()) {
            if (texts.getOrDefault("bos", "").isEmpty()) {
                texts.put("bos", first);
            }
            additions.put("bos", first.equals(texts.get("bos")) || first.equals(texts.get("cls")));
        }
        if (!last.isEmpty()) {
            String before = texts.getOrDefault("eos", "");
            if (!before.isEmpty() && !last.equals(before)) {
                // The token that ends a turn is another than the one that is added.
                String role = roles.contains("eot") ? "eom" : "eot";
                roles.add(role);
                texts.put(role, before);
            }
            texts.put("eos", last);
            additions.put("eos", true);
        }
        readPair(pair, first, last);
    }

    private void readPair(List<?> pair, String first, String last) {
        if (pair.isEmpty()) {
            return;
        }
        int from = !first.isEmpty() && special(pair.getFirst()).equals(first) ? 1 : 0;
        int to = pair.size() - (!last.isEmpty() && special(pair.getLast()).equals(last) ? 1 : 0);
        if (to - from < 3 || !sequence(pair.get(from)).equals("A") || !sequence(pair.get(to - 1)).equals("B")) {
            return;
        }
        Set<String> separators = new LinkedHashSet<>(List.of(texts.getOrDefault("sep", ""), texts.getOrDefault("eos", "")));
        separators.remove("");
        List<?> between = pair.subList(from + 1, to - 1);
        boolean add = separators.contains(special(between.getFirst())) && last.isEmpty()
                || between.size() == 2 && separators.contains(special(between.get(1)));
        additions.put("sep", add);
        if (add && !texts.containsKey("sep") && texts.containsKey("eos")) {
            texts.put("sep", texts.get("eos"));
        }
    }

    private void readTokenizerConfig() {
        for (String role : roles) {
            if (tokenizerConfig.get("add_" + role + "_token") instanceof Boolean add) {
                additions.put(role, add);
            }
            String text = texts.get(role);
            if (text != null && !tokenizerConfig.isEmpty()) {
                file.stream()
                        .flatMap(it -> it.added().stream())
                        .filter(it -> it.content().equals(text))
                        .findFirst()
                        .ifPresent(it -> set(role, it.id()));
            }
        }
    }

    private void readConfig() {
        for (String role : roles) {
            Object id = config.get(role + "_token_id");
            if (id == null && config.get("text_config") instanceof Map<?, ?> text) {
                id = text.get(role + "_token_id");
            }
            if (id instanceof Long number) {
                set(role, number);
            }
        }
    }

    /** Files name tokens that the vocabulary lacks (phi-3's end at 32000): these are left out. */
    private void set(String role, long id) {
        if (id >= 0 && id < vocabularySize) {
            ids.putIfAbsent(role, id);
        }
    }

    private void describeTemplates(MetadataBuilder keys) {
        Object given = tokenizerConfig.get("chat_template");
        if (given == null && !tokenizerConfig.isEmpty()) {
            given = fromFile();
        }
        if (given instanceof String template) {
            keys.set("tokenizer.chat_template", template);
        } else if (given instanceof List<?> named) {
            describeNamed(named, keys);
        }
    }

    private @Nullable Object fromFile() {
        Path jinja = folder.resolve("chat_template.jinja");
        if (Files.exists(jinja)) {
            byte[] bytes = JsonFile.bytes(jinja, TEMPLATE_BYTES);
            return new String(bytes, StandardCharsets.UTF_8);
        }
        return JsonFile.readIfPresent(folder.resolve("chat_template.json"))
                .map(it -> it.get("chat_template"))
                .orElse(null);
    }

    /** Several templates with names: {@code default} is the one for chats. */
    private static void describeNamed(List<?> named, MetadataBuilder keys) {
        List<String> names = new ArrayList<>();
        for (Object entry : named) {
            if (!(entry instanceof Map<?, ?> map)
                    || !(map.get("name") instanceof String name)
                    || !(map.get("template") instanceof String template)) {
                throw new QuantizeException("tokenizer_config.json: chat_template has an entry without name or template");
            }
            String plain = name.replaceAll("[^A-Za-z0-9]", "_");
            if (plain.equals("default")) {
                keys.set("tokenizer.chat_template", template);
            } else if (!plain.isEmpty()) {
                names.add(plain);
                keys.set("tokenizer.chat_template." + plain, template);
            }
        }
        if (!names.isEmpty()) {
            keys.setStrings("tokenizer.chat_templates", names);
        }
    }
}

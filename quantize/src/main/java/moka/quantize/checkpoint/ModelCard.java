package moka.quantize.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moka.gguf.MetadataBuilder;

/**
 * What the model card, the {@code README.md} of a repository, tells in the lines between its first two {@code ---}: licence, languages, tags, what the model was
 * made from. Of YAML it reads keys with a text, with a list in brackets, or with a list of lines below; all else is passed over.
 */
final class ModelCard {
    private static final int MOST_BYTES = 4 << 20;
    private static final Pattern MEMBER = Pattern.compile("([A-Za-z_]+):\\s*(.*)");
    private static final Pattern ITEM = Pattern.compile("\\s*-\\s+(.*)");

    private final Map<String, List<String>> members;

    private ModelCard(Map<String, List<String>> members) {
        this.members = members;
    }

    static ModelCard read(Path folder) {
        Path path = folder.resolve("README.md");
        Map<String, List<String>> members = new LinkedHashMap<>();
        if (!Files.isRegularFile(path)) {
            return new ModelCard(members);
        }
        List<String> lines =
                new String(JsonFile.bytes(path, MOST_BYTES), StandardCharsets.UTF_8).lines().toList();
        String key = "";
        for (int i = 1; i < lines.size() && lines.getFirst().equals("---") && !lines.get(i).equals("---"); i++) {
            Matcher member = MEMBER.matcher(lines.get(i));
            Matcher item = ITEM.matcher(lines.get(i));
            if (member.matches()) {
                key = member.group(1);
                members.put(key, values(member.group(2).strip()));
            } else if (item.matches() && !key.isEmpty()) {
                members.get(key).add(plain(item.group(1).strip()));
            } else {
                // The rest of a value that is no list of lines.
                key = "";
            }
        }
        return new ModelCard(members);
    }

    private static List<String> values(String text) {
        List<String> values = new ArrayList<>();
        if (text.startsWith("[") && text.endsWith("]")) {
            for (String part : text.substring(1, text.length() - 1).split(",")) {
                values.add(plain(part.strip()));
            }
            values.removeIf(String::isEmpty);
        } else if (!text.isEmpty() && !text.startsWith("#") && !text.startsWith("{") && !text.startsWith("|") && !text.startsWith(">")) {
            values.add(plain(text));
        }
        return values;
    }

    private static String plain(String text) {
        boolean quoted = text.length() > 1 && (text.startsWith("\"") && text.endsWith("\"") || text.startsWith("'") && text.endsWith("'"));
        return quoted ? text.substring(1, text.length() - 1) : text;
    }

    /** The text of the first of some keys that has one. */
    Optional<String> text(String... keys) {
        for (String key : keys) {
            if (members.containsKey(key) && !members.get(key).isEmpty()) {
                return Optional.of(String.join(",", members.get(key)));
            }
        }
        return Optional.empty();
    }

    private List<String> all(String... keys) {
        List<String> values = new ArrayList<>();
        for (String key : keys) {
            values.addAll(members.getOrDefault(key, List.of()));
        }
        return values;
    }

    /** Sets the keys that only the card tells. */
    void describe(long parameterCount, MetadataBuilder keys) {
        text("license").ifPresent(it -> keys.set("general.license", it));
        text("license_name").ifPresent(it -> keys.set("general.license.name", it));
        text("license_link").ifPresent(it -> keys.set("general.license.link", it));
        describeOrigins("base_model", all("base_model"), parameterCount, keys);
        describeOrigins("dataset", all("datasets"), parameterCount, keys);
        List<String> tags = all("tags", "pipeline_tag");
        if (!tags.isEmpty()) {
            keys.setStrings("general.tags", tags);
        }
        List<String> languages = all("languages", "language");
        if (!languages.isEmpty()) {
            keys.setStrings("general.languages", languages);
        }
    }

    private static void describeOrigins(String kind, List<String> ids, long parameterCount, MetadataBuilder keys) {
        if (ids.isEmpty()) {
            return;
        }
        keys.setUint32("general." + kind + ".count", ids.size());
        for (int i = 0; i < ids.size(); i++) {
            String prefix = "general." + kind + "." + i + ".";
            ModelName name = ModelName.of(ids.get(i), parameterCount);
            keys.set(prefix + "name", name.title());
            if (!name.version().isEmpty()) {
                keys.set(prefix + "version", name.version());
            }
            if (!name.organization().isEmpty()) {
                keys.set(prefix + "organization", name.organization());
                keys.set(prefix + "repo_url", "https://huggingface.co/" + ids.get(i));
            }
        }
    }
}

package moka.cli.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of models that were pulled. Its tree says where each came from, so that nothing else has to be kept:
 *
 * <pre>
 *   hf.co/OWNER/REPO/FILE.gguf        from Hugging Face, further parts of a split model beside it
 *   ollama/NAMESPACE/NAME/TAG.gguf    from a registry of ollama's kind
 *   url/HOST/PATH.gguf                from anywhere else
 * </pre>
 */
public final class ModelStore {
    private final Path root;

    public ModelStore(Path root) {
        this.root = root;
    }

    /** The user's store: {@code MOKA_MODELS}, else a folder for data as the system has it. */
    public static ModelStore of(Map<String, String> environment, String system) {
        String given = environment.getOrDefault("MOKA_MODELS", "");
        return new ModelStore(given.isEmpty() ? data(environment, system).resolve("models") : Path.of(given));
    }

    private static Path data(Map<String, String> environment, String system) {
        Path home = Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")));
        String name = system.toLowerCase(Locale.ROOT);
        if (name.contains("windows")) {
            return Path.of(environment.getOrDefault("LOCALAPPDATA", home.resolve("AppData/Local").toString()), "moka");
        }
        if (name.contains("mac")) {
            return home.resolve("Library/Application Support/moka");
        }
        String data = environment.getOrDefault("XDG_DATA_HOME", "");
        return data.isEmpty() ? home.resolve(".local/share/moka") : Path.of(data, "moka");
    }

    public Path root() {
        return root;
    }

    /** A model in the store or in that of another program. @param file its first part @param bytes of all parts */
    public record Entry(String name, Path file, long bytes, FileTime modified, String place) {}

    /** The models here, by name. */
    public List<Entry> list() {
        var entries = new ArrayList<Entry>();
        for (Path file : ModelFiles.firstParts(root)) {
            entries.add(entry(file));
        }
        entries.sort(Comparator.comparing(Entry::name));
        return entries;
    }

    private Entry entry(Path file) {
        return ModelFiles.entry(nameOf(root.relativize(file)), file, "moka");
    }

    /** The name under which {@link #find} finds a file of the store. */
    private static String nameOf(Path relative) {
        String path = relative.toString().replace('\\', '/');
        if (path.startsWith("ollama/") && relative.getNameCount() == 4) {
            String namespace = relative.getName(1).toString();
            String tag = relative.getName(3).toString().replaceFirst("\\.gguf$", "");
            return new ModelName.Ollama(namespace, relative.getName(2).toString(), tag).toString();
        }
        return path;
    }

    /** Where the files of a name lie, or would lie: the folder for {@code hf.co} names, the file for others. */
    Path place(ModelName name) {
        return switch (name) {
            case ModelName.HuggingFace it ->
                root.resolve("hf.co").resolve(it.owner()).resolve(it.repository());
            case ModelName.Ollama it ->
                root.resolve("ollama").resolve(it.namespace()).resolve(it.model()).resolve(it.tag() + ".gguf");
            case ModelName.Url it -> {
                String path = it.uri().getPath().replaceAll("[^A-Za-z0-9._/-]", "_").replaceAll("(^|/)\\.+(?=/|$)", "$1_");
                yield root.resolve("url").resolve(it.uri().getHost()).resolve(path.replaceFirst("^/+", "")).normalize();
            }
        };
    }

    /** The file of a model that is here. */
    public Optional<Path> find(String text) {
        Optional<Path> exact = list().stream()
                .filter(it -> it.name().equalsIgnoreCase(text))
                .map(Entry::file)
                .findFirst();
        if (exact.isPresent()) {
            return exact;
        }
        return ModelName.parse(text).flatMap(name -> switch (name) {
            case ModelName.HuggingFace it -> Quantizations.chooseFile(ModelFiles.firstParts(place(it)), it);
            case ModelName.Ollama it -> Optional.of(place(it)).filter(Files::isRegularFile);
            case ModelName.Url it -> Optional.of(place(it)).filter(Files::isRegularFile);
        });
    }

    /** Deletes a model with all its parts, what is left of a broken download, and folders that become empty. @return bytes freed */
    public long remove(Path file) throws IOException {
        long freed = 0;
        for (String name : ModelFiles.partNames(file.getFileName().toString())) {
            for (String suffix : List.of("", ".part", ".part.from")) {
                Path part = file.resolveSibling(name + suffix);
                freed += Files.isRegularFile(part) ? Files.size(part) : 0;
                Files.deleteIfExists(part);
            }
        }
        Path folder = file.getParent();
        while (folder != null && !folder.equals(root) && folder.startsWith(root)) {
            try (Stream<Path> inside = Files.list(folder)) {
                if (inside.findAny().isPresent()) {
                    break;
                }
            }
            try {
                Files.delete(folder);
            } catch (NoSuchFileException gone) {
                // another one has done it
            }
            folder = folder.getParent();
        }
        return freed;
    }
}

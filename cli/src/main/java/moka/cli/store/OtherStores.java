package moka.cli.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Models that other programs on this machine have: used in place, never changed. The Hugging Face cache ({@code HF_HUB_CACHE},
 * {@code HF_HOME}), ollama's store ({@code OLLAMA_MODELS}) and LM Studio's folders.
 */
public final class OtherStores {
    private static final long MANIFEST_BYTES = 1 << 20;

    private final Path huggingFace;
    private final Path ollama;
    private final List<Path> lmStudio;

    public OtherStores(Map<String, String> environment) {
        Path home = Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")));
        huggingFace = folder(environment, "HF_HUB_CACHE")
                .or(() -> folder(environment, "HUGGINGFACE_HUB_CACHE"))
                .or(() -> folder(environment, "HF_HOME").map(it -> it.resolve("hub")))
                .or(() -> folder(environment, "XDG_CACHE_HOME").map(it -> it.resolve("huggingface/hub")))
                .orElse(home.resolve(".cache/huggingface/hub"));
        ollama = folder(environment, "OLLAMA_MODELS").orElse(home.resolve(".ollama/models"));
        lmStudio = List.of(home.resolve(".lmstudio/models"), home.resolve(".cache/lm-studio/models"));
    }

    private static Optional<Path> folder(Map<String, String> environment, String variable) {
        return Optional.ofNullable(environment.get(variable)).filter(it -> !it.isEmpty()).map(Path::of);
    }

    /** All models found. */
    public List<ModelStore.Entry> list() {
        var entries = new ArrayList<ModelStore.Entry>();
        entries.addAll(ofHuggingFace());
        entries.addAll(ofOllama());
        for (Path folder : lmStudio) {
            for (Path file : ModelFiles.firstParts(folder)) {
                String path = folder.relativize(file).toString().replace('\\', '/');
                entries.add(ModelFiles.entry("hf.co/" + path, file, "LM Studio"));
            }
        }
        return entries;
    }

    /** The file of a model that one of them has. */
    public Optional<Path> find(String text) {
        List<ModelStore.Entry> all = list();
        Optional<Path> exact = all.stream()
                .filter(it -> it.name().equalsIgnoreCase(text))
                .map(ModelStore.Entry::file)
                .findFirst();
        if (exact.isPresent()) {
            return exact;
        }
        return ModelName.parse(text).flatMap(name -> switch (name) {
            case ModelName.HuggingFace it -> {
                String prefix = "hf.co/" + it.owner() + "/" + it.repository() + "/";
                List<Path> files = all.stream()
                        .filter(entry -> entry.name().regionMatches(true, 0, prefix, 0, prefix.length()))
                        .map(ModelStore.Entry::file)
                        .toList();
                yield Quantizations.chooseFile(files, it);
            }
            case ModelName.Ollama it -> all.stream()
                    .filter(entry -> entry.name().equals(it.toString()))
                    .map(ModelStore.Entry::file)
                    .findFirst();
            case ModelName.Url it -> Optional.empty();
        });
    }

    /** {@code models--OWNER--REPO/snapshots/COMMIT/FILE}. */
    private List<ModelStore.Entry> ofHuggingFace() {
        var entries = new ArrayList<ModelStore.Entry>();
        for (Path repository : children(huggingFace)) {
            String[] name = repository.getFileName().toString().split("--", 3);
            if (name.length != 3 || !name[0].equals("models")) {
                continue;
            }
            for (Path snapshot : children(repository.resolve("snapshots"))) {
                for (Path file : ModelFiles.firstParts(snapshot)) {
                    String path = snapshot.relativize(file).toString().replace('\\', '/');
                    entries.add(ModelFiles.entry("hf.co/" + name[1] + "/" + name[2] + "/" + path, file, "Hugging Face"));
                }
            }
        }
        return entries;
    }

    /** {@code manifests/HOST/NAMESPACE/NAME/TAG}, each naming a blob. */
    private List<ModelStore.Entry> ofOllama() {
        var entries = new ArrayList<ModelStore.Entry>();
        for (Path host : children(ollama.resolve("manifests"))) {
            for (Path namespace : children(host)) {
                for (Path model : children(namespace)) {
                    for (Path tag : children(model)) {
                        ollamaBlob(tag).ifPresent(blob -> {
                            String name = new ModelName.Ollama(
                                            text(namespace), text(model), text(tag))
                                    .toString();
                            entries.add(ModelFiles.entry(name, blob, "ollama"));
                        });
                    }
                }
            }
        }
        return entries;
    }

    private Optional<Path> ollamaBlob(Path manifest) {
        try {
            if (!Files.isRegularFile(manifest) || Files.size(manifest) > MANIFEST_BYTES) {
                return Optional.empty();
            }
            return OllamaManifest.model(Files.readString(manifest))
                    .map(model -> ollama.resolve("blobs").resolve(model.digest().replace(':', '-')))
                    .filter(Files::isRegularFile);
        } catch (IOException e) {
            return Optional.empty(); // unreadable, or no text
        }
    }

    private static String text(Path path) {
        return path.getFileName().toString();
    }

    private static List<Path> children(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> inside = Files.list(folder)) {
            return inside.sorted().toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}

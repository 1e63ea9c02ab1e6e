package moka.cli.store;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Brings a model by its name into the store. */
public final class Puller {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration STALL = Duration.ofSeconds(30);

    private final ModelStore store;
    private final URI huggingFace;
    private final URI registry;
    private final Web web;
    private final Duration firstPause;
    private final Duration stall;

    /** Told how far it is. */
    public interface Progress {
        /** @param file name of the file @param total its bytes, or -1 while that is not known @param note what happens, or nothing */
        void at(String file, long done, long total, String note);
    }

    /** What a pull has done. @param file the model, its first part @param downloaded whether anything had to be got */
    public record Pulled(Path file, boolean downloaded) {}

    /**
     * Hosts as the environment names them: {@code HF_ENDPOINT} (with {@code HF_TOKEN}) and {@code MOKA_OLLAMA_REGISTRY}.
     *
     * @throws PullException if one of them is no address
     */
    public Puller(ModelStore store, Map<String, String> environment) {
        this(store, environment, FIRST_PAUSE, STALL);
    }

    Puller(ModelStore store, Map<String, String> environment, Duration firstPause, Duration stall) {
        this.store = store;
        this.huggingFace = address(environment, "HF_ENDPOINT", "https://huggingface.co");
        this.registry = address(environment, "MOKA_OLLAMA_REGISTRY", "https://registry.ollama.ai");
        Optional<String> token = Optional.ofNullable(environment.get("HF_TOKEN"))
                .or(() -> Optional.ofNullable(environment.get("HUGGING_FACE_HUB_TOKEN")))
                .filter(it -> it.matches("[\\x21-\\x7e]+"));
        this.web = Web.of(token, huggingFace, stall);
        this.firstPause = firstPause;
        this.stall = stall;
    }

    private static URI address(Map<String, String> environment, String variable, String otherwise) {
        String given = environment.getOrDefault(variable, "");
        try {
            URI uri = URI.create(given.isEmpty() ? otherwise : given.replaceFirst("/+$", ""));
            if (uri.getHost() != null && String.valueOf(uri.getScheme()).matches("https?")) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new PullException(variable + "=" + given + ", expected an address such as " + otherwise);
    }

    /** Gets all files of a model that are not here yet. @throws PullException if that fails; what came is kept for the next time */
    public Pulled pull(ModelName name, Progress progress) {
        List<RemoteFile> files = switch (name) {
            case ModelName.HuggingFace it -> new HuggingFace(huggingFace, web).files(it);
            case ModelName.Ollama it -> new OllamaRegistry(registry, web).files(it);
            case ModelName.Url it ->
                List.of(new RemoteFile(it.uri(), store.place(it).getFileName().toString(), OptionalLong.empty(), Optional.empty()));
        };
        boolean downloaded = false;
        for (RemoteFile file : files) {
            downloaded |= new Download(web, file, target(name, file), firstPause, stall)
                    .run((done, total, note) -> progress.at(file.name(), done, total, note));
        }
        return new Pulled(target(name, files.getFirst()), downloaded);
    }

    private Path target(ModelName name, RemoteFile file) {
        return name instanceof ModelName.HuggingFace ? store.place(name).resolve(file.name()) : store.place(name);
    }
}

package moka.cli.store;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Models of a registry as ollama uses it: a manifest names blobs by their checksums (the Docker registry's interface, version 2). */
final class OllamaRegistry {
    private static final String MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    private static final String MODEL = "application/vnd.ollama.image.model";

    private final URI registry;
    private final Web web;

    OllamaRegistry(URI registry, Web web) {
        this.registry = registry;
        this.web = web;
    }

    /** The one file of a model. @throws PullException if there is none */
    List<RemoteFile> files(ModelName.Ollama name) {
        String base = "/v2/" + name.namespace() + "/" + name.model();
        Web.Text answer =
                web.text(registry.resolve(base + "/manifests/" + name.tag()), Map.of("Accept", MANIFEST), name.toString());
        try {
            JsonObject manifest = JsonParser.parseString(answer.text()).getAsJsonObject();
            for (JsonElement element : manifest.getAsJsonArray("layers")) {
                JsonObject layer = element.getAsJsonObject();
                String digest = layer.get("digest").getAsString();
                if (layer.get("mediaType").getAsString().equals(MODEL) && digest.matches("sha256:[0-9a-f]{64}")) {
                    return List.of(new RemoteFile(
                            registry.resolve(base + "/blobs/" + digest),
                            name.tag() + ".gguf",
                            OptionalLong.of(layer.get("size").getAsLong()),
                            Optional.of(digest.substring("sha256:".length()))));
                }
            }
        } catch (JsonParseException | IllegalStateException | NullPointerException | UnsupportedOperationException
                | NumberFormatException e) {
            throw new PullException(name + ": " + registry.getAuthority() + " answers with something else than a manifest", e);
        }
        throw new PullException(name + ": the registry has no model file under this name");
    }
}

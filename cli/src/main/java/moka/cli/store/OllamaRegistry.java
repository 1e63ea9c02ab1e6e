package moka.cli.store;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Models of a registry as ollama uses it: a manifest names blobs by their checksums (the Docker registry's interface, version 2). */
final class OllamaRegistry {
    private static final String MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

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
        OllamaManifest.Layer model = OllamaManifest.model(answer.text())
                .orElseThrow(() -> new PullException(
                        name + ": " + registry.getAuthority() + " answers with something else than a manifest that names a model file"));
        return List.of(new RemoteFile(
                registry.resolve(base + "/blobs/" + model.digest()),
                name.tag() + ".gguf",
                model.bytes(),
                Optional.of(model.digest().substring("sha256:".length()))));
    }
}

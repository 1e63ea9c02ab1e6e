package moka.cli.store;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import moka.fuzz.Refusal;

/** What servers answer: lists of files and manifests; and names of models, which come from the user but become addresses and paths. */
class ServerFuzz {
    private static final ModelStore STORE = new ModelStore(java.nio.file.Path.of("/models"));

    @FuzzTest
    void server(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        HuggingFace.entries(text).ifPresent(files -> {
            List<String> models = List.copyOf(files.keySet());
            models.forEach(path -> assertTrue(STORE.root().resolve(path).normalize().equals(STORE.root().resolve(path)), path));
            models.forEach(path -> ModelFiles.partNames(path.substring(path.lastIndexOf('/') + 1)));
            Quantizations.offered(models);
        });
        OllamaManifest.model(text).ifPresent(layer -> assertTrue(layer.digest().matches("sha256:[0-9a-f]{64}")));
        try {
            ModelName.parse(text).ifPresent(name -> assertTrue(STORE.place(name).normalize().startsWith(STORE.root()), name::toString));
        } catch (PullException refusal) {
            Refusal.check(refusal);
        }
    }
}

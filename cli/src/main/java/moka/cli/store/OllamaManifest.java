package moka.cli.store;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Optional;
import java.util.OptionalLong;
import moka.cli.json.ForeignJson;

/** What ollama's registry and its folders say of a model: a list of layers, one of which is the model file. */
final class OllamaManifest {
    private static final String MODEL = "application/vnd.ollama.image.model";

    private OllamaManifest() {}

    /** The model file. @param digest {@code sha256:} and the checksum in lower-case hexadecimal */
    record Layer(String digest, OptionalLong bytes) {}

    /** The model file that a manifest names; nothing if it names none, or has another form. */
    static Optional<Layer> model(String manifest) {
        return ForeignJson.read(manifest, OllamaManifest::layer).flatMap(it -> it);
    }

    private static Optional<Layer> layer(JsonElement manifest) {
        for (JsonElement element : manifest.getAsJsonObject().getAsJsonArray("layers")) {
            JsonObject layer = element.getAsJsonObject();
            String digest = layer.get("digest").getAsString();
            if (layer.get("mediaType").getAsString().equals(MODEL) && digest.matches("sha256:[0-9a-f]{64}")) {
                JsonElement size = layer.get("size");
                return Optional.of(new Layer(digest, size == null ? OptionalLong.empty() : OptionalLong.of(size.getAsLong())));
            }
        }
        return Optional.empty();
    }
}

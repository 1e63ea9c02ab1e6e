package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Map;
import moka.gguf.MetadataValue;
import org.junit.jupiter.api.Test;

/** Pebble with other metadata than its file's. */
class ChangedMetadataTest {
    private static final Map<String, MetadataValue> YARN =
            Map.of(".rope.scaling.type", MetadataValue.of("yarn"), ".rope.scaling.factor", MetadataValue.float32(4));

    @Test
    void yarnStretchesTheContext() {
        try (Model model = Pebble.open(ModelOptions.DEFAULT.withMetadata(YARN))) {
            assertEquals(2048, model.contextLength());
            assertEquals("yarn", model.file().metadata().requireString("llama.rope.scaling.type"));
        }
        try (Model model = Pebble.open(ModelOptions.DEFAULT.withMetadata(Map.of(".rope.scaling.factor", MetadataValue.float32(4))))) {
            assertEquals(512, model.contextLength(), "linear scaling leaves it to the caller");
        }
    }

    @Test
    void theFilesOwnSamplingCanBeChanged() {
        Map<String, MetadataValue> changes = Map.of("general.sampling.temp", MetadataValue.float32(0.25f));
        try (Model model = Pebble.open(ModelOptions.DEFAULT.withMetadata(changes))) {
            assertEquals(0.25f, model.samplingDefaults().temperature());
        }
    }

    @Test
    void whatWasComputedIsToldApart() {
        try (Model plain = Pebble.open(ModelOptions.DEFAULT);
                Model again = Pebble.open(ModelOptions.DEFAULT);
                Model changed = Pebble.open(ModelOptions.DEFAULT.withMetadata(YARN))) {
            assertEquals(plain.fingerprint(), again.fingerprint());
            assertNotEquals(plain.fingerprint(), changed.fingerprint());
        }
    }
}

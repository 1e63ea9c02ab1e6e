package moka.engine;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import moka.gguf.GgufException;
import moka.testing.SharedData;
import moka.tokenizer.TokenizerException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every file of shared/own/gguf-malformed loads as a model, or fails with one clear line, as its index tells. */
class MalformedModelsTest {
    @TestFactory
    Stream<DynamicTest> filesBehaveAsTheIndexTells() {
        Path folder = SharedData.require("own/gguf-malformed");
        return SharedData.json(folder.resolve("index.json")).getAsJsonObject().getAsJsonArray("cases").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(it -> DynamicTest.dynamicTest(it.get("file").getAsString(), () -> check(folder, it)));
    }

    private static void check(Path folder, JsonObject it) {
        boolean shouldOpen = it.get("model").getAsString().equals("opens");
        boolean firm = it.get("firm").getAsBoolean();
        boolean shouldComplain = !shouldOpen || !it.getAsJsonArray("gist").isEmpty();
        boolean opened = false;
        String message;
        try (Model model = Model.open(folder.resolve(it.get("file").getAsString()));
                Session session = model.newSession()) {
            session.append(new int[] {1, 2, 3});
            message = String.join("; ", model.warnings());
            opened = true;
        } catch (GgufException | EngineException | TokenizerException e) {
            message = String.valueOf(e.getMessage());
            assertFalse(message.contains("\n"), "more than one line: " + message);
            assertFalse(message.isBlank());
        }
        if (!firm) {
            return;
        }
        if (opened && !shouldOpen) {
            fail("opened, expected a failure at level " + it.get("model").getAsString());
        }
        if (!opened && !shouldComplain) {
            fail("should open: " + message);
        }
        if (shouldComplain) {
            String lower = message.toLowerCase(Locale.ROOT);
            for (JsonElement name : it.getAsJsonArray("names")) {
                assertTrue(
                        lower.contains(name.getAsString().toLowerCase(Locale.ROOT)),
                        "'" + message + "' does not name " + name.getAsString());
            }
            assertFalse(message.isBlank(), "opened without a word");
        }
    }
}

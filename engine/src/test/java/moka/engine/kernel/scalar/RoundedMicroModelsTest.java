package moka.engine.kernel.scalar;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.SessionOptions;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

/** The fast precision of the scalar set against logits that were computed with the reference's roundings. */
class RoundedMicroModelsTest {
    /**
     * A value on the other side of a rounding border moves all later ones, so that two right computations either
     * agree to a few millionths or differ by up to 0.3. The reference agrees with its own recomputation in 20 of the
     * 31 models.
     */
    @Test
    void roundsActivationsAsTheReferenceDoes() {
        Path folder = SharedData.require("own/micro");
        JsonObject reference = SharedData.json(folder.resolve("reference.json")).getAsJsonObject();
        int[] prompt = reference.getAsJsonArray("prompt").asList().stream()
                .mapToInt(JsonElement::getAsInt)
                .toArray();
        List<JsonElement> models = reference.getAsJsonArray("models").asList();
        int equal = 0;
        for (JsonElement element : models) {
            JsonObject model = element.getAsJsonObject();
            Path file = folder.resolve(model.get("file").getAsString());
            double difference = largestDifference(file, prompt, model.getAsJsonArray("rounded"));
            assertTrue(difference <= 0.3, file.getFileName() + ": " + difference);
            equal += difference <= 1e-5 ? 1 : 0;
        }
        assertTrue(equal >= 16, equal + " of " + models.size() + " within 1e-5");
    }

    private static double largestDifference(Path file, int[] prompt, JsonArray expected) {
        try (Model model = Model.open(file, ModelOptions.DEFAULT.withKernels("scalar"));
                Session session = model.newSession(SessionOptions.DEFAULT.withCacheType("f32"))) {
            session.append(prompt);
            double largest = 0;
            for (int i = 0; i < expected.size(); i++) {
                float found = session.logits().getAtIndex(ValueLayout.JAVA_FLOAT, i);
                largest = Math.max(largest, Math.abs(found - expected.get(i).getAsDouble()));
            }
            return largest;
        }
    }
}

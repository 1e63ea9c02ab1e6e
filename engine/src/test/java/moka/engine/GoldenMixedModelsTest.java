package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two random Llamas of 16 matrices, each of another type, 28 types in all, with their logits in float32 from decoded
 * weights. They lie beside the tests, so that every checkout has an end-to-end check.
 */
class GoldenMixedModelsTest {
    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> logitsEqualTheReferenceInFloat32AndStayNearItFast() throws IOException {
        JsonObject golden;
        try (var reader = new InputStreamReader(
                Objects.requireNonNull(getClass().getResourceAsStream("golden/mixed.json")), StandardCharsets.UTF_8)) {
            golden = JsonParser.parseReader(reader).getAsJsonObject();
        }
        int[] prompt = MicroModelsTest.ints(golden.getAsJsonArray("prompt"));
        return golden.getAsJsonArray("models").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .flatMap(model -> Stream.of(true, false)
                        .map(float32 -> DynamicTest.dynamicTest(
                                model.get("file").getAsString() + (float32 ? " float32" : " fast"),
                                () -> check(model, prompt, float32))));
    }

    private static void check(JsonObject model, int[] prompt, boolean float32) throws IOException {
        String name = model.get("file").getAsString();
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            try (var stream = GoldenMixedModelsTest.class.getResourceAsStream("golden/" + name)) {
                Files.copy(Objects.requireNonNull(stream), file);
            }
        }
        JsonArray exact = model.getAsJsonArray("exact");
        float[] found = MicroModelsTest.lastLogits(file, ModelOptions.DEFAULT.withFloat32(float32), prompt);
        assertEquals(exact.size(), found.length);
        // Rounded activations: the largest difference that the reference itself shows is 0.3.
        double tolerance = float32 ? 1e-3 : 0.35;
        for (int i = 0; i < found.length; i++) {
            assertEquals(exact.get(i).getAsDouble(), found[i], tolerance, "token " + i);
        }
    }
}

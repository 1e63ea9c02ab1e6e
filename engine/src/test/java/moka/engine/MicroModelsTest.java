package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.stream.Stream;
import moka.testing.SharedData;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A tiny Llama in every tensor type: logits against the reference of shared/own/micro. */
class MicroModelsTest {
    @TestFactory
    Stream<DynamicTest> float32LogitsEqualTheReference() {
        return models(true);
    }

    @TestFactory
    Stream<DynamicTest> fastLogitsStayWithinTheRoundingOfActivations() {
        return models(false);
    }

    private static Stream<DynamicTest> models(boolean float32) {
        Path folder = SharedData.require("own/micro");
        JsonObject reference = SharedData.json(folder.resolve("reference.json")).getAsJsonObject();
        int[] prompt = ints(reference.getAsJsonArray("prompt"));
        return reference.getAsJsonArray("models").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(it -> DynamicTest.dynamicTest(it.get("name").getAsString(), () -> {
                    ModelOptions options = ModelOptions.DEFAULT.withFloat32(float32);
                    float[] found = lastLogits(folder.resolve(it.get("file").getAsString()), options, prompt);
                    JsonArray exact = it.getAsJsonArray("exact");
                    double tolerance = float32 ? 1e-3 : tolerance(it.get("name").getAsString());
                    double largest = 0;
                    assertEquals(exact.size(), found.length);
                    for (int i = 0; i < found.length; i++) {
                        largest = Math.max(largest, Math.abs(found[i] - exact.get(i).getAsDouble()));
                    }
                    System.out.printf(
                            "micro %-14s %s largest difference %.2e%n",
                            it.get("name").getAsString(), float32 ? "float32" : "fast", largest);
                    assertTrue(largest <= tolerance, "largest difference " + largest);
                }));
    }

    private static double tolerance(String name) {
        return switch (name) {
            case "F32", "F16" -> 0.01;
            case "BF16" -> 0.05;
            default -> 0.35;
        };
    }

    @Test
    void oneByOneEqualsInOneBatch() {
        Path folder = SharedData.require("own/micro");
        int[] prompt = ints(SharedData.json(folder.resolve("reference.json"))
                .getAsJsonObject()
                .getAsJsonArray("prompt"));
        try (Model model = Model.open(folder.resolve("F32.gguf"), ModelOptions.DEFAULT.withFloat32(true));
                Session batch = model.newSession();
                Session single = model.newSession()) {
            batch.append(prompt);
            for (int id : prompt) {
                single.append(new int[] {id});
            }
            for (int i = 0; i < model.vocabularySize(); i++) {
                assertEquals(
                        batch.logits().getAtIndex(ValueLayout.JAVA_FLOAT, i),
                        single.logits().getAtIndex(ValueLayout.JAVA_FLOAT, i),
                        1e-4);
            }
        }
    }

    static float[] lastLogits(Path file, ModelOptions options, int[] prompt) {
        try (Model model = Model.open(file, options);
                Session session = model.newSession()) {
            session.append(prompt);
            MemorySegment logits = session.logits();
            return logits.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    static int[] ints(JsonArray array) {
        return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }
}

package moka.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import moka.engine.sampling.SamplingOptions;
import moka.testing.SharedData;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The small chat model in many types, against the figures of shared/own/models. */
class PebbleModelsTest {
    private static final GenerationOptions GREEDY = GenerationOptions.DEFAULT
            .withSampling(SamplingOptions.GREEDY)
            .withMaxTokens(32)
            .withIgnoreEndOfGeneration(true);

    @TestFactory
    Stream<DynamicTest> float32LogitsEqualTheReferenceAtEveryPosition() {
        Path folder = SharedData.require("own/models");
        JsonObject logits32 = reference(folder).getAsJsonObject("logits32");
        int[] prompt = MicroModelsTest.ints(logits32.getAsJsonArray("prompt_ids"));
        return Stream.of("F16", "Q8_0", "Q4_K_M")
                .map(type -> DynamicTest.dynamicTest(type, () -> {
                    float[] expected = floats(folder.resolve("logits32-" + type + ".f32"));
                    double[] largest = {0};
                    try (Model model = open(folder, "pebble-" + type + ".gguf", true);
                            Session session = model.newSession()) {
                        session.evaluate(prompt, (position, logits) -> {
                            for (int i = 0; i < model.vocabularySize(); i++) {
                                double difference = logits.getAtIndex(ValueLayout.JAVA_FLOAT, i)
                                        - expected[position * model.vocabularySize() + i];
                                largest[0] = Math.max(largest[0], Math.abs(difference));
                            }
                        });
                    }
                    System.out.printf("pebble %-7s float32 largest difference %.2e%n", type, largest[0]);
                    assertTrue(largest[0] < 1e-3, "largest difference " + largest[0]);
                }));
    }

    @TestFactory
    Stream<DynamicTest> float32GreedyIdsEqualTheReference() {
        Path folder = SharedData.require("own/models");
        JsonObject reference = reference(folder);
        return reference.getAsJsonArray("models").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(it -> it.get("shipped").getAsBoolean())
                .map(it -> DynamicTest.dynamicTest(it.get("type").getAsString(), () -> {
                    try (Model model = open(folder, it.get("file").getAsString(), true);
                            Session session = model.newSession()) {
                        for (JsonElement element : it.getAsJsonObject("float32").getAsJsonArray("greedy")) {
                            JsonObject greedy = element.getAsJsonObject();
                            int[] expected = MicroModelsTest.ints(greedy.getAsJsonArray("ids"));
                            int[] found = session
                                    .generate(
                                            prompt(reference, greedy.get("prompt").getAsString()),
                                            GREEDY,
                                            GenerationListener.SILENT)
                                    .tokens()
                                    .stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray();
                            if (greedy.get("smallest_margin").getAsDouble() > 1e-3) {
                                assertArrayEquals(expected, found, greedy.get("prompt").getAsString());
                            }
                        }
                    }
                }));
    }

    private static int[] prompt(JsonObject reference, String name) {
        for (JsonElement it : reference.getAsJsonArray("prompts")) {
            if (it.getAsJsonObject().get("name").getAsString().equals(name)) {
                return MicroModelsTest.ints(it.getAsJsonObject().getAsJsonArray("ids"));
            }
        }
        throw new IllegalArgumentException(name);
    }

    private static JsonObject reference(Path folder) {
        return SharedData.json(folder.resolve("reference.json")).getAsJsonObject();
    }

    private static Model open(Path folder, String file, boolean float32) {
        return Model.open(folder.resolve(file), ModelOptions.DEFAULT.withFloat32(float32));
    }

    private static float[] floats(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        float[] result = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(result);
        return result;
    }
}

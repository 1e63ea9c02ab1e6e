package moka.quantize.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import moka.gguf.MetadataValue;
import moka.gguf.SafetensorsFile;
import moka.gguf.SafetensorsTensor;
import moka.gguf.TensorType;
import moka.quantize.Mixture;
import moka.quantize.Quantization;
import moka.quantize.QuantizeOptions;
import moka.quantize.SourceTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same model in the other forms in which checkpoints are published. */
class CheckpointFormsTest {
    @TempDir
    Path folder;

    private static JsonObject json(Path path) throws IOException {
        return JsonParser.parseString(Files.readString(path)).getAsJsonObject();
    }

    private static Map<String, MetadataValue> keys(Path path) {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            return new TreeMap<>(checkpoint.metadata().values());
        }
    }

    private static Map<String, float[]> values(Path path) {
        Map<String, float[]> values = new TreeMap<>();
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            for (SourceTensor tensor : checkpoint.tensors()) {
                float[] rows = new float[(int) tensor.rows() * tensor.columns()];
                tensor.read(0, (int) tensor.rows(), rows, 0);
                values.put(tensor.info().name(), rows);
            }
        }
        return values;
    }

    private static void assertSameValues(Map<String, float[]> wanted, Map<String, float[]> found) {
        assertEquals(wanted.keySet(), found.keySet());
        wanted.forEach((name, rows) -> assertArrayEquals(rows, found.get(name), name));
    }

    /** Before version 5 the library wrote {@code rope_theta} and {@code rope_scaling} apart. */
    @Test
    void readsRotationInItsOlderForm() throws IOException {
        Path copy = Examples.copy("qwen3", folder);
        JsonObject config = json(copy.resolve("config.json"));
        JsonObject rotation = config.remove("rope_parameters").getAsJsonObject();
        config.add("rope_theta", rotation.remove("rope_theta"));
        rotation.add("type", rotation.remove("rope_type"));
        config.add("rope_scaling", rotation);
        Files.writeString(copy.resolve("config.json"), config.toString());

        assertEquals(keys(Examples.folder("qwen3")), keys(copy));
    }

    /** The published Gemma 3 keeps the language model in a part of its own, and leaves out what the library assumes. */
    @Test
    void readsTheLanguageModelOfGemma3ForImages() throws IOException {
        Path copy = Examples.copy("gemma3", folder);
        JsonObject text = json(copy.resolve("config.json"));
        JsonObject config = new JsonObject();
        config.add("architectures", JsonParser.parseString("[\"Gemma3ForConditionalGeneration\"]"));
        for (String name : List.of("bos_token_id", "eos_token_id", "pad_token_id")) {
            config.add(name, text.remove(name));
        }
        text.remove("architectures");
        text.remove("rope_parameters");
        text.remove("rms_norm_eps");
        config.add("text_config", text);
        config.add("vision_config", new JsonObject());
        Files.writeString(copy.resolve("config.json"), config.toString());
        SafetensorsMaker maker = new SafetensorsMaker().floats("vision_tower.vision_model.head.weight", new long[] {1, 2, 1, 1}, 1, 2);
        try (SafetensorsFile file = SafetensorsFile.open(Examples.folder("gemma3"))) {
            for (SafetensorsTensor tensor : file.tensors()) {
                maker.raw("language_model." + tensor.name(), tensor.type().name(), tensor.shape(), tensor.data().toArray(ValueLayout.JAVA_BYTE));
            }
        }
        maker.write(copy.resolve("model.safetensors"));

        assertEquals(keys(Examples.folder("gemma3")), keys(copy));
        assertSameValues(values(Examples.folder("gemma3")), values(copy));
    }

    @Test
    void readsAFileOrAnIndexInPlaceOfTheFolder() {
        assertEquals(keys(Examples.folder("llama")), keys(Examples.folder("llama").resolve("model.safetensors")));
        assertEquals(keys(Examples.folder("qwen3")), keys(Examples.folder("qwen3").resolve("model.safetensors.index.json")));
    }

    /** Merges as strings, as older files have them. */
    @Test
    void readsMergesInTheirOlderForm() throws IOException {
        Path copy = Examples.copy("mistral", folder);
        JsonObject tokenizer = json(copy.resolve("tokenizer.json"));
        JsonObject model = tokenizer.getAsJsonObject("model");
        var merges = new JsonArray();
        model.getAsJsonArray("merges").forEach(it -> merges.add(it.getAsJsonArray().get(0).getAsString() + " "
                + it.getAsJsonArray().get(1).getAsString()));
        model.add("merges", merges);
        Files.writeString(copy.resolve("tokenizer.json"), tokenizer.toString());

        assertEquals(keys(Examples.folder("mistral")), keys(copy));
    }

    /** Codes of the first layer lie on the grid of Q4_0, of the second on that of Q4_1, but where two groups have their columns out of order. */
    @Test
    void takesTheNearestTypesForPackedWeights() {
        Path target = folder.resolve("nearest.gguf");
        try (Checkpoint checkpoint = Checkpoint.open(Examples.folder("llama-gptq"))) {
            assertTrue(checkpoint.isPacked());
            QuantizeOptions options = checkpoint.nearest(2);
            PackedImport done = new PackedImport(options);
            Quantization quantization = new Quantization(checkpoint, options, done);
            quantization.run(target, new Quantization.Listener() {});
            assertEquals(14, done.losses().size());
            for (PackedImport.Loss loss : done.losses()) {
                boolean first = loss.name().startsWith("blk.0.");
                boolean outOfOrder = loss.name().equals("blk.1.ffn_down.weight");
                assertEquals(!outOfOrder, loss.exact(), loss.name());
                if (!outOfOrder) {
                    assertEquals(first ? TensorType.Q4_0 : TensorType.Q4_1, loss.type(), loss.name());
                    assertTrue(loss.relative() <= (first ? 0 : 0.001), loss.name() + " " + loss.relative());
                }
                assertTrue(loss.relative() < 0.1, loss.name() + " " + loss.relative());
            }
            quantization.plan().stream()
                    .filter(it -> it.name().equals("token_embd.weight"))
                    .forEach(it -> assertEquals(TensorType.BF16, it.to()));
        }
    }

    @Test
    void quantizesPackedWeightsToAMixtureToo() {
        try (Checkpoint checkpoint = Checkpoint.open(Examples.folder("llama-gptq"))) {
            QuantizeOptions options = QuantizeOptions.of(Mixture.Q8_0, 1);
            PackedImport done = new PackedImport(options);
            new Quantization(checkpoint, options, done).run(folder.resolve("q8.gguf"), new Quantization.Listener() {});
            assertTrue(done.relativeError() > 0 && done.relativeError() < 0.01, "" + done.relativeError());
        }
    }
}

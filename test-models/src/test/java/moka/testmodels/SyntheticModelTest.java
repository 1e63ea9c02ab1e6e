package moka.testmodels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.TensorType;
import moka.models.DefaultModel;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SyntheticModelTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"F16", "Q8_0", "Q4_K_M", "Q2_K", "IQ2_XS", "TQ1_0", "MXFP4"})
    void writesFilesThatOpenWithAllTensorsOfALlama(String type) {
        Path path = folder.resolve("small.gguf");
        SyntheticModel.write(ModelShape.SMALL, TypeMix.named(type), 1, path);
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals("llama", file.metadata().requireString("general.architecture"));
            assertEquals(2, file.metadata().requireInteger("llama.block_count"));
            assertEquals(1024, file.metadata().requireArray("tokenizer.ggml.tokens").size());
            assertEquals(2 + 2 * 9, file.tensors().size());
            GgufTensor embedding = file.tensor("token_embd.weight").orElseThrow();
            assertArrayEquals(new long[] {512, 1024}, embedding.shape());
            assertEquals(TypeMix.named(type).type(), file.tensor("blk.1.ffn_up.weight").orElseThrow().type());
        }
    }

    @Test
    void givesTheSameBytesForTheSameSeedAndOthersForAnother() throws IOException {
        TypeMix mix = TypeMix.named("Q4_K_M");
        SyntheticModel.write(ModelShape.SMALL, mix, 5, folder.resolve("a.gguf"));
        SyntheticModel.write(ModelShape.SMALL, mix, 5, folder.resolve("b.gguf"));
        SyntheticModel.write(ModelShape.SMALL, mix, 6, folder.resolve("c.gguf"));
        assertEquals(-1, Files.mismatch(folder.resolve("a.gguf"), folder.resolve("b.gguf")));
        assertTrue(Files.mismatch(folder.resolve("a.gguf"), folder.resolve("c.gguf")) >= 0);
    }

    @Test
    void vocabularyHasNoTokenTwiceAndMergesTokensIntoTokens() {
        Path path = folder.resolve("small.gguf");
        SyntheticModel.write(ModelShape.SMALL, TypeMix.named("Q8_0"), 1, path);
        try (GgufFile file = GgufFile.open(path)) {
            String[] tokens = file.metadata().requireArray("tokenizer.ggml.tokens").strings();
            Set<String> known = Set.of(tokens);
            assertEquals(1024, known.size());
            for (String merge : file.metadata().requireArray("tokenizer.ggml.merges").strings()) {
                String[] parts = merge.split(" ");
                assertEquals(2, parts.length, merge);
                assertTrue(known.contains(parts[0]) && known.contains(parts[1]), merge);
                assertTrue(known.contains(parts[0] + parts[1]), merge);
            }
        }
    }

    @Test
    void mixesGiveTheOneBillionShapeTheTypesOfLlamaQuantize() {
        TypeMix mix = TypeMix.named("Q4_K_M");
        ModelShape shape = ModelShape.ONE_BILLION;
        assertEquals(TensorType.Q6_K, mix.typeOf(TypeMix.Role.OUTPUT, 0, shape));
        String values = "";
        for (int layer = 0; layer < 16; layer++) {
            values += mix.typeOf(TypeMix.Role.ATTENTION_VALUE, layer, shape) == TensorType.Q6_K ? "6" : "4";
        }
        assertEquals("6644644644644666", values);
    }

    /** Against files that llama-quantize made from a model of six layers. */
    @ParameterizedTest
    @ValueSource(strings = {"F16", "Q8_0", "Q4_0", "Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "IQ2_XS", "IQ3_S", "IQ4_XS"})
    void mixesEqualThoseOfFilesMadeByLlamaQuantize(String name) {
        Path models = SharedData.require("own/models");
        var shape = new ModelShape("pebble", 6, 256, 768, 4, 2, 64, 2048, 512, 10000, false, true);
        Path path = folder.resolve("same.gguf");
        SyntheticModel.write(shape, TypeMix.named(name), 1, path);
        try (GgufFile ours = GgufFile.open(path);
                GgufFile theirs = GgufFile.open(models.resolve("pebble-" + name + ".gguf"))) {
            assertEquals(types(theirs), types(ours));
            assertEquals(
                    theirs.metadata().requireInteger("general.file_type"),
                    ours.metadata().requireInteger("general.file_type"));
        }
    }

    private static Map<String, TensorType> types(GgufFile file) {
        return file.tensors().stream().collect(Collectors.toMap(GgufTensor::name, GgufTensor::type));
    }

    @Test
    void namesWhatItExpectsWhereANameIsWrong() {
        var wrongType = assertThrows(IllegalArgumentException.class, () -> TypeMix.named("Q4_X"));
        assertTrue(wrongType.getMessage().contains("Q4_X") && wrongType.getMessage().contains("Q4_K_M"));
        assertThrows(IllegalArgumentException.class, () -> ModelShape.named("2B"));
    }

    @Test
    void holdsTheDefaultModel() throws IOException {
        try (var stream = DefaultModel.open()) {
            byte[] bytes = stream.readAllBytes();
            assertEquals(DefaultModel.BYTES, bytes.length);
            Path path = Files.write(folder.resolve(DefaultModel.FILE_NAME), bytes);
            try (GgufFile file = GgufFile.open(path)) {
                assertEquals("Pebble", file.metadata().requireString("general.name"));
            }
        }
    }
}

package moka.quantize.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import moka.gguf.GgufException;
import moka.quantize.Mixture;
import moka.quantize.QuantizeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged and foreign checkpoints end with one line that names what is wrong, whatever the damage. */
class HostileCheckpointsTest {
    @TempDir
    Path folder;

    private static String refusal(Path checkpoint) {
        RuntimeException e = assertThrows(RuntimeException.class, () -> Checkpoint.open(checkpoint).close());
        assertTrue(e instanceof QuantizeException || e instanceof GgufException, () -> "not a message for people: " + e);
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        return e.getMessage();
    }

    private Path changed(String example, String file, UnaryOperator<String> change) throws IOException {
        Path copy = Examples.copy(example, Files.createTempDirectory(folder, "x"));
        Path path = copy.resolve(file);
        String before = Files.readString(path, StandardCharsets.UTF_8);
        String after = change.apply(before);
        assertFalse(before.equals(after), "the change changes nothing");
        Files.writeString(path, after);
        return copy;
    }

    @Test
    void namesUnknownArchitectures() throws IOException {
        String line = refusal(changed("llama", "config.json", it -> it.replace("LlamaForCausalLM", "FooForCausalLM")));
        assertTrue(line.startsWith("config.json: architecture 'FooForCausalLM', expected one of Gemma2ForCausalLM, "), line);
    }

    @Test
    void namesMissingAndWrongNumbers() throws IOException {
        assertEquals(
                "config.json: hidden_size is missing",
                refusal(changed("llama", "config.json", it -> it.replace("\"hidden_size\"", "\"hidden\""))));
        assertEquals(
                "config.json: num_key_value_heads is 3, expected a divisor of the 4 heads",
                refusal(changed("qwen2", "config.json", it -> it.replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"))));
        assertEquals(
                "config.json: num_hidden_layers is -1, expected a whole number from 0 to 2147483647",
                refusal(changed("llama", "config.json", it -> it.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": -1"))));
        assertEquals(
                "config.json: rope_type is 'spiral', expected default, linear, llama3, yarn or longrope",
                refusal(changed("llama", "config.json", it -> it.replace("\"llama3\"", "\"spiral\""))));
    }

    @Test
    void tellsTooManyAndTooFewLayers() throws IOException {
        String more = refusal(changed("llama", "config.json", it -> it.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2000000000")));
        assertEquals("layer 2 has no tensors, but config.json tells 2000000000 layers: a shard may be missing", more);
        String fewer = refusal(changed("llama", "config.json", it -> it.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1")));
        assertTrue(fewer.endsWith("belongs to layer 1, but config.json tells 1 layers"), fewer);
    }

    @Test
    void namesTensorsWithoutAPlace() throws IOException {
        Path copy = Examples.copy("qwen2", folder);
        new SafetensorsMaker().floats("model.layers.0.self_attn.sinks", new long[] {4}, 1, 2, 3, 4).write(copy.resolve("model.safetensors"));
        assertEquals(
                "tensor 'model.layers.0.self_attn.sinks' has no place in a model of the family qwen2: such checkpoints are not read", refusal(copy));
    }

    @Test
    void namesTensorsOfTheWrongKind() throws IOException {
        Path copy = Examples.copy("qwen2", folder);
        new SafetensorsMaker().floats("model.embed_tokens.weight", new long[] {4}, 1, 2, 3, 4).write(copy.resolve("model.safetensors"));
        assertEquals("tensor 'model.embed_tokens.weight' is a vector, expected a matrix", refusal(copy));
    }

    @Test
    void namesVocabulariesThatAreNotRead() throws IOException {
        assertEquals(
                "tokenizer.json: the model is 'Unigram', expected BPE: other vocabularies are not read",
                refusal(changed("qwen2", "tokenizer.json", it -> it.replace("\"type\": \"BPE\"", "\"type\": \"Unigram\"").replace("\"type\":\"BPE\"", "\"type\":\"Unigram\""))));
        String line = refusal(changed("qwen2", "tokenizer.json", it -> it.replace("\\\\p{N}|", "\\\\p{N}{7}|")));
        assertTrue(line.startsWith("tokenizer.json: pre_tokenizer cuts text by '(?i:'s|'t"), line);
        assertTrue(line.endsWith("expected one of the published ways"), line);
        Path none = Examples.copy("qwen2", folder);
        Files.delete(none.resolve("tokenizer.json"));
        assertTrue(refusal(none).endsWith("neither tokenizer.json nor tokenizer.model: a checkpoint needs one of them"));
    }

    @Test
    void namesIdsBeyondTheVocabulary() throws IOException {
        String line = refusal(changed("qwen2", "tokenizer.json", it -> it.replaceFirst("(\"id\": ?)302", "$1999")));
        assertEquals("tokenizer.json: token '<|im_end|>' has id 999, but config.json tells a vocabulary of 308", line);
    }

    /** Numbers of the configuration must not decide over memory. */
    @Test
    void tellsSizesThatNoTensorHas() throws IOException {
        assertEquals(
                "config.json: vocab_size is 2000000000, expected 305, the rows of the token embedding",
                refusal(changed("llama", "config.json", it -> it.replace("\"vocab_size\": 305", "\"vocab_size\": 2000000000"))));
        assertEquals(
                "config.json: head_dim is 2000000000, expected at most 65536",
                refusal(changed("llama", "config.json", it -> it.replace("\"head_dim\": 8", "\"head_dim\": 2000000000"))));
        Path copy = Examples.copy("llama-gptq", folder);
        new SafetensorsMaker().words("model.layers.0.mlp.up_proj.qweight", new long[] {60_000_000, 0}).write(copy.resolve("model.safetensors"));
        assertEquals(
                "tensor 'model.layers.0.mlp.up_proj.qweight' has shape [60000000, 0], expected words of 4-bit codes",
                refusal(copy));
    }

    @Test
    void tellsFoldersWithoutConfiguration() throws IOException {
        assertTrue(refusal(folder).endsWith(
                "no config.json there: expected a GGUF file, or the folder of a checkpoint from Hugging Face"));
        Path copy = Examples.copy("llama", folder);
        Files.delete(copy.resolve("model.safetensors"));
        assertTrue(refusal(copy).startsWith("model.safetensors: "), refusal(copy));
    }

    @Test
    void endsWithOneLineWhateverTheDamage() throws IOException {
        SplittableRandom random = new SplittableRandom(11);
        for (String example : List.of("llama", "phi3", "qwen3moe", "llama-gptq")) {
            Path copy = Examples.copy(example, folder);
            for (String name : List.of("config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "model.safetensors")) {
                Path file = copy.resolve(name);
                if (Files.exists(file)) {
                    damage(copy, file, random);
                }
            }
        }
    }

    /** Cuts the file and flips its bytes, the first ones most: there are the headers. */
    private void damage(Path copy, Path file, SplittableRandom random) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int round = 0; round < 60; round++) {
            byte[] bytes = whole;
            if (round % 3 == 0) {
                bytes = Arrays.copyOf(whole, random.nextInt(whole.length));
            } else {
                bytes = whole.clone();
                for (int i = 0; i < 1 + round % 5; i++) {
                    int at = random.nextInt(round % 2 == 0 ? Math.min(4000, whole.length) : whole.length);
                    bytes[at] = (byte) (round % 4 == 0 ? "{}[]\",:0-e".charAt(random.nextInt(10)) : random.nextInt(256));
                }
            }
            Files.write(file, bytes);
            try {
                Examples.convert(copy, folder.resolve("out.gguf"), Mixture.F16);
            } catch (QuantizeException | GgufException e) {
                assertFalse(e.getMessage().contains("\n"), e.getMessage());
                assertTrue(e.getMessage().length() < 2000, e.getMessage());
            }
        }
        Files.write(file, whole);
    }
}

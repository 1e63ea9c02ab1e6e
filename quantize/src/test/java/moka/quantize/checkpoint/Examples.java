package moka.quantize.checkpoint;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import moka.quantize.Mixture;
import moka.quantize.Quantization;
import moka.quantize.QuantizeOptions;

/**
 * The small checkpoints among the test resources: one of each family, with random weights, saved by the transformers library (5.18) with vocabularies
 * trained on some sentences. {@code expected.json} tells token ids, and keys and tensors as llama.cpp v0.5.0's converter writes them;
 * {@code logits.f32} are the library's logits in float32 at some positions.
 */
final class Examples {
    static final List<String> NAMES = List.of(
            "llama",
            "llama-spm",
            "llama-hf-bpe",
            "llama-gptq",
            "smollm3",
            "mistral",
            "mixtral",
            "qwen2",
            "qwen3",
            "qwen2moe",
            "qwen3moe",
            "gemma",
            "gemma2",
            "gemma3",
            "phi2",
            "phi3");

    private Examples() {}

    static Path folder(String name) {
        try {
            return Path.of(Examples.class.getResource(name + "/expected.json").toURI()).getParent();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static JsonObject expected(String name) {
        try {
            return JsonParser.parseString(Files.readString(folder(name).resolve("expected.json"))).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A copy that a test may damage. */
    static Path copy(String name, Path parent) throws IOException {
        Path from = folder(name);
        Path to = parent.resolve(name);
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(folder).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
                return FileVisitResult.CONTINUE;
            }
        });
        return to;
    }

    /** Writes the model of a checkpoint. */
    static Path convert(Path checkpoint, Path target, Mixture mixture) {
        try (Checkpoint source = Checkpoint.open(checkpoint)) {
            new Quantization(source, QuantizeOptions.of(mixture, 1)).run(target, new Quantization.Listener() {});
        }
        return target;
    }
}

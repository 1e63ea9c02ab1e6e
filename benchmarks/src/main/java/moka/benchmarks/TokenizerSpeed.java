package moka.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import moka.gguf.GgufFile;
import moka.tokenizer.Tokenizer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time of encoding one megabyte on one thread: 1 ms is 1000 MB/s. Texts: a file ({@code -p text=FILE}, its first megabyte), or worst cases of
 * other tokenizers. And the time of loading a vocabulary.
 *
 * <p>{@code java -jar benchmarks.jar TokenizerSpeed -p vocabulary=FILE.gguf[.gz] -p text=FILE,letters,spaces,…}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokenizerSpeed {
    private static final int BYTES = 1_000_000;

    /** A file with a vocabulary; by default one of the reference data beside the checkout. */
    @Param("../shared/public/tokenizers/vocab/ggml-vocab-llama-bpe.gguf.gz")
    public String vocabulary = "";

    @Param({"README.md", "letters", "spaces", "digits", "lines", "emoji", "han", "random"})
    public String text = "";

    private byte[] gguf = {};
    private byte[] utf8 = {};
    private Optional<Tokenizer> tokenizer = Optional.empty();

    @Setup
    public void read() throws IOException {
        try (InputStream raw = Files.newInputStream(Path.of(vocabulary))) {
            gguf = vocabulary.endsWith(".gz") ? new GZIPInputStream(raw).readAllBytes() : raw.readAllBytes();
        }
        tokenizer = Optional.of(loadVocabulary());
        utf8 = text().getBytes(StandardCharsets.UTF_8);
    }

    /** Encodes a megabyte. */
    @Benchmark
    public int[] encode() {
        return tokenizer.orElseThrow().encode(utf8, false, false);
    }

    /** Reads a vocabulary, and encodes a few words with it, for which some vocabularies first read their merges. */
    @Benchmark
    public int[] load() {
        return loadVocabulary().encode("Why is the sky blue? qwertzuiop", true, false);
    }

    private Tokenizer loadVocabulary() {
        try (GgufFile file = GgufFile.of(vocabulary, MemorySegment.ofArray(gguf))) {
            return Tokenizer.of(file.metadata());
        }
    }

    private String text() {
        return switch (text) {
            case "letters" -> "a".repeat(BYTES);
            case "spaces" -> " ".repeat(BYTES);
            case "digits" -> "7".repeat(BYTES);
            case "lines" -> "\n".repeat(BYTES);
            case "emoji" -> "\uD83D\uDE00".repeat(BYTES / 4);
            case "han" -> "中".repeat(BYTES / 3);
            case "random" -> random();
            default -> file(Path.of(text));
        };
    }

    private static String random() {
        String[] parts = {"a", "b", " ", "7", "\n", "\uD83D\uDE00", "'s", "é", "中", "."};
        var random = new SplittableRandom(1);
        var result = new StringBuilder();
        for (int bytes = 0; bytes < BYTES; ) {
            String part = parts[random.nextInt(parts.length)];
            bytes += part.getBytes(StandardCharsets.UTF_8).length;
            result.append(part);
        }
        return result.toString();
    }

    /** The beginning of a file; a short one again and again. */
    private static String file(Path path) {
        try {
            String all = Files.readString(path);
            return all.repeat(BYTES / Math.max(1, all.length()) + 1).substring(0, BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

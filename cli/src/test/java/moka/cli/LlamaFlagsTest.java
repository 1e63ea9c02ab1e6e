package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import moka.cli.TestStreams.Outcome;
import moka.models.DefaultModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Command lines that were written for llama.cpp. */
class LlamaFlagsTest {
    private static final String QUESTION = "What is the capital of France?";

    @Test
    void takesFlagsThatChangeNothingInSilence() {
        Outcome plain = TestStreams.run("run", "-p", QUESTION, "--temp", "0");
        Outcome carried = TestStreams.run(
                "run", "-p", QUESTION, "--temp", "0", "--jinja", "--no-display-prompt", "--no-warmup", "--simple-io", "-fa", "on", "-ngl", "0", "--no-perf");
        assertEquals(plain, carried);
        assertEquals(0, plain.exitCode(), plain.err());
    }

    @Test
    void saysInOneLineWhatIsNotDone() {
        Outcome outcome = TestStreams.run("run", "-p", QUESTION, "--temp", "0", "-ngl", "99");
        assertEquals(0, outcome.exitCode());
        assertEquals("moka: -ngl 99: there is no GPU, all layers are computed on the CPU\n", outcome.err());
        assertTrue(TestStreams.run("run", "-p", QUESTION, "-n", "1", "--numa", "distribute").err().contains("numactl"));
    }

    @Test
    void readsEscapesOnlyWhereAsked() {
        assertEquals("a\nb\t\"c\" \\ \\x", PromptShape.unescaped("a\\nb\\t\\\"c\\\" \\\\ \\x"));
        Outcome read = TestStreams.run("run", "-e", "-p", "a\\nb", "--in-prefix", "<", "--in-suffix", ">", "--show-prompt", "-n", "1");
        assertTrue(read.err().contains("<a\nb>"), read.err());
        assertTrue(TestStreams.run("run", "-p", "a\\nb", "--show-prompt", "-n", "1").err().contains("a\\nb"));
    }

    /** Lines as scripts have them for llama-quantize, llama-perplexity, llama-imatrix and llama-tokenize. */
    @Test
    void takesTheLinesOfTheOtherTools(@TempDir Path folder) throws IOException {
        Path model = folder.resolve("model.gguf");
        try (InputStream bytes = DefaultModel.open()) {
            Files.copy(bytes, model);
        }
        String text = Files.writeString(folder.resolve("text.txt"), "The quick brown fox jumps over the lazy dog. ".repeat(40)).toString();
        String small = folder.resolve("small.gguf").toString();
        assertEquals(0, TestStreams.run("quantize", "--allow-requantize", model.toString(), small, "q4_0", "2").exitCode());
        assertEquals(2, TestStreams.run("quantize", "--allow-requantize", model.toString(), "a", "b", "q4_0").exitCode());
        Outcome perplexity = TestStreams.run("perplexity", "-m", small, "-f", text, "-c", "32", "-b", "32", "-ub", "16", "--chunks", "2", "-fa", "on", "-ngl", "0");
        assertEquals(0, perplexity.exitCode(), perplexity.err());
        assertTrue(perplexity.out().startsWith("Final estimate: PPL = "), perplexity.out());
        Path matrix = folder.resolve("imatrix.gguf");
        Outcome imatrix = TestStreams.run("imatrix", "-m", small, "-f", text, "-o", matrix.toString(), "-c", "32", "--chunks", "2", "--no-ppl", "-b", "64", "-ub", "32");
        assertEquals(0, imatrix.exitCode(), imatrix.err());
        assertTrue(Files.size(matrix) > 0);
        assertEquals(new Outcome(0, "[533, 1302]\n", ""), TestStreams.run("tokenize", "-m", small, "-p", "Hello world", "--ids", "--log-disable"));
        assertEquals(new Outcome(0, "2\n", ""), TestStreams.run("Hello world", Map.of(), "tokenize", "-m", small, "--stdin", "--show-count"));
    }

    @Test
    void keepsWhatWasComputedForAPrompt(@TempDir Path folder) throws IOException {
        Path cache = folder.resolve("prompt.cache");
        String[] args = {"run", "-p", QUESTION, "--temp", "0", "--verbose", "--prompt-cache", cache.toString()};
        Outcome first = TestStreams.run(args);
        assertTrue(first.err().contains(" 0 reused"), first.err());
        Outcome second = TestStreams.run(args);
        assertEquals(first.out(), second.out());
        assertTrue(second.err().contains("prompt 1 tokens"), second.err());
        Files.writeString(cache, "MOKASEQ3, and no more");
        Outcome damaged = TestStreams.run(args);
        assertEquals(first.out(), damaged.out());
        assertTrue(damaged.err().contains("the prompt is computed again"), damaged.err());
        assertTrue(TestStreams.run(args).err().contains("prompt 1 tokens"), "it was written anew");
        Files.writeString(cache, "a letter");
        Outcome foreign = TestStreams.run(args);
        assertEquals(first.out(), foreign.out());
        assertEquals(1, foreign.exitCode());
        assertTrue(foreign.err().contains("holds something else and is not written over"), foreign.err());
        assertEquals("a letter", Files.readString(cache));
    }
}

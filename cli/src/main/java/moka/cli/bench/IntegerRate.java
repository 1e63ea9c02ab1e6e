package moka.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.SessionOptions;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.TensorType;

/**
 * The rate of 8-bit multiplications that the engine's kernels reach: the prefill of a made-up model of one block whose matrices are
 * Q8_0, which is products of 8-bit weights and 8-bit activations but for a few percent. Beside it stands what the processor can do on registers
 * alone, where the kernels can measure that.
 */
public final class IntegerRate {
    private static final int WIDTH = 2048;
    private static final int FEED_FORWARD = 8192;
    private static final int HEADS = 16;
    private static final int VOCABULARY = 512;
    private static final int TOKENS = 512;
    private static final int PASSES = 6;

    private IntegerRate() {}

    /**
     * @param operations multiplications and additions in a second
     * @param kernel what computed them
     * @param limit multiplications and additions in a second that the processor can do at most, on the same threads in the same second
     */
    public record Rate(double operations, String kernel, OptionalDouble limit) {}

    /** Measures with a set of kernels. */
    public static Rate measure(ModelOptions options) {
        try {
            Path file = Files.createTempFile("moka-rate", ".gguf");
            try {
                write(file);
                return measure(file, options);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Rate measure(Path file, ModelOptions options) {
        try (Model model = Model.open(file, options);
                Session session = model.newSession(SessionOptions.DEFAULT.withContextLength(TOKENS))) {
            int[] ids = IntStream.range(0, TOKENS).map(i -> i * 7 % VOCABULARY).toArray();
            double best = 0;
            double limit = 2 * model.productLimit().orElse(0);
            for (int pass = 0; pass < PASSES; pass++) {
                session.clear();
                long start = System.nanoTime();
                session.append(ids);
                best = Math.max(best, operations() * 1e9 / (System.nanoTime() - start));
            }
            limit = Math.max(limit, 2 * model.productLimit().orElse(0));
            return new Rate(
                    best,
                    model.kernels() + ", " + model.kernelByType().get(TensorType.Q8_0),
                    limit == 0 ? OptionalDouble.empty() : OptionalDouble.of(limit));
        }
    }

    /** Of the matrices of the block, which see every token. */
    private static double operations() {
        return 2.0 * TOKENS * (4.0 * WIDTH * WIDTH + 3.0 * WIDTH * FEED_FORWARD);
    }

    private static void write(Path file) {
        List<GgufTensorInfo> tensors = new ArrayList<>();
        tensors.add(matrix("token_embd.weight", WIDTH, VOCABULARY));
        tensors.add(vector("output_norm.weight"));
        tensors.add(vector("blk.0.attn_norm.weight"));
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
            tensors.add(matrix("blk.0." + name + ".weight", WIDTH, WIDTH));
        }
        tensors.add(vector("blk.0.ffn_norm.weight"));
        tensors.add(matrix("blk.0.ffn_gate.weight", WIDTH, FEED_FORWARD));
        tensors.add(matrix("blk.0.ffn_up.weight", WIDTH, FEED_FORWARD));
        tensors.add(matrix("blk.0.ffn_down.weight", FEED_FORWARD, WIDTH));
        try (Arena arena = Arena.ofConfined();
                GgufWriter writer = GgufWriter.create(file, metadata(), tensors)) {
            for (GgufTensorInfo tensor : tensors) {
                MemorySegment zeros = arena.allocate(tensor.bytes());
                writer.write(tensor.name(), zeros);
            }
            writer.commit();
        }
    }

    private static GgufTensorInfo matrix(String name, long columns, long rows) {
        return new GgufTensorInfo(name, TensorType.Q8_0, new long[] {columns, rows});
    }

    private static GgufTensorInfo vector(String name) {
        return new GgufTensorInfo(name, TensorType.F32, new long[] {WIDTH});
    }

    private static Metadata metadata() {
        List<String> pieces = IntStream.range(0, VOCABULARY).mapToObj(i -> "<" + i + ">").toList();
        return Metadata.builder("rate")
                .set("general.architecture", "llama")
                .setUint32("llama.block_count", 1)
                .setUint32("llama.context_length", TOKENS)
                .setUint32("llama.embedding_length", WIDTH)
                .setUint32("llama.feed_forward_length", FEED_FORWARD)
                .setUint32("llama.attention.head_count", HEADS)
                .setUint32("llama.attention.head_count_kv", HEADS)
                .setFloat32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .set("tokenizer.ggml.model", "gpt2")
                .set("tokenizer.ggml.pre", "default")
                .setStrings("tokenizer.ggml.tokens", pieces)
                .setStrings("tokenizer.ggml.merges", List.of())
                .build();
    }
}

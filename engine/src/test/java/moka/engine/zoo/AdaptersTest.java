package moka.engine.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import moka.engine.AdapterFile;
import moka.engine.AdapterMerge;
import moka.engine.EngineException;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters with random weights: applied while computing they give what the merged model gives. */
class AdaptersTest {
    private static final int RANK = 4;
    private static final String MATRICES =
            "output\\.weight|blk\\..*(attn_(q|k|v|qkv|output|q_a|q_b|v_b)|ffn_(up|gate|down|gate_up)(_exps|_shexp)?|ssm_(in|out))\\.weight";
    private static final ModelOptions EXACT = ModelOptions.DEFAULT.withFloat32(true).withThreads(1);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {
        "llama", "mpt", "phi3-longrope-long", "gemma2", "mamba2", "qwen3next", "deepseek2-v3", "minicpm3", "mixtral", "llama4", "gemma4-moe"
    })
    void adaptersGiveWhatTheMergedModelGives(String name) {
        ZooModel model = model(name);
        Path first = adapter(model.file(), "first.gguf", 1, 2);
        Path second = adapter(model.file(), "second.gguf", 2, 0);
        List<AdapterFile> both = List.of(new AdapterFile(first, 0.5f), new AdapterFile(second, 0.25f));
        Path merged = folder.resolve("merged.gguf");
        AdapterMerge.merge(model.file(), both, merged, (done, all) -> {});
        float[] plain = logits(model, model.file(), EXACT);
        float[] adapted = logits(model, model.file(), EXACT.withAdapters(both));
        float[] expected = logits(model, merged, EXACT);
        assertFalse(Arrays.equals(plain, expected), "the adapters change nothing");
        assertArrayEquals(expected, adapted, 5e-4f);
    }

    @Test
    void controlVectorsAreAddedBehindTheirBlock() {
        ZooModel model = model("llama");
        float[] values = new float[48];
        Arrays.fill(values, 0.3f);
        Path file = folder.resolve("control.gguf");
        write(file, Metadata.builder("control").set("general.architecture", MetadataValue.of("controlvector")).build(), List.of(
                tensor("direction.1", new long[] {48}, values)));
        ModelOptions steered = EXACT.withControlVectors(List.of(new AdapterFile(file, 2)));
        ModelOptions twice = EXACT.withControlVectors(List.of(new AdapterFile(file, 1), new AdapterFile(file, 1)));
        float[] plain = logits(model, model.file(), EXACT);
        float[] found = logits(model, model.file(), steered);
        assertFalse(Arrays.equals(plain, found), "the vector changes nothing");
        assertArrayEquals(found, logits(model, model.file(), twice), 1e-5f);
        assertArrayEquals(plain, logits(model, model.file(), EXACT.withControlVectors(List.of(new AdapterFile(file, 0)))), 1e-5f);
    }

    @Test
    void refusesFilesThatAreNoAdaptersOrForAnotherModel() {
        ZooModel llama = model("llama");
        Path other = adapter(model("mpt").file(), "mpt.gguf", 1, 2);
        assertTrue(message(llama, other).contains("an adapter for 'mpt'"));
        assertTrue(message(llama, llama.file()).contains("no LoRA adapter"));
    }

    private static String message(ZooModel model, Path adapter) {
        ModelOptions options = EXACT.withAdapters(List.of(new AdapterFile(adapter, 1)));
        return String.valueOf(assertThrows(EngineException.class, () -> Model.open(model.file(), options)).getMessage());
    }

    private static ZooModel model(String name) {
        return ZooModel.golden().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
    }

    private static float[] logits(ZooModel it, Path file, ModelOptions options) {
        try (Model model = Model.open(file, options);
                Session session = model.newSession(it.session())) {
            session.append(it.prompt());
            return session.logits().toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "mixtral"})
    void fastKernelsRoundNoMoreThanWithoutAdapters(String name) {
        ZooModel model = model(name);
        List<AdapterFile> one = List.of(new AdapterFile(adapter(model.file(), "fast.gguf", 1, 2), 0.5f));
        float[] exact = logits(model, model.file(), EXACT.withAdapters(one));
        float[] fast = logits(model, model.file(), ModelOptions.DEFAULT.withThreads(2).withAdapters(one));
        assertArrayEquals(exact, fast, 0.05f);
    }

    /** An adapter for the embedding, the output matrix, and every matrix in the blocks, those of experts included. */
    private Path adapter(Path base, String name, int seed, double alpha) {
        return write(base, folder.resolve(name), MATRICES, seed, alpha);
    }

    /** An adapter of random weights for the matrices of a pattern. */
    static Path write(Path base, Path file, String matrices, int seed, double alpha) {
        var random = new SplittableRandom(seed);
        List<GgufTensor> tensors = new ArrayList<>();
        String architecture;
        try (GgufFile model = GgufFile.open(base)) {
            architecture = model.metadata().requireString("general.architecture");
            for (GgufTensor tensor : model.tensors()) {
                if (tensor.name().equals("token_embd.weight")) {
                    // The other way round: a row of A for each token.
                    tensors.add(random(tensor.name() + ".lora_a", new long[] {RANK, tensor.rows()}, random));
                    tensors.add(random(tensor.name() + ".lora_b", new long[] {RANK, tensor.columns()}, random));
                } else if (tensor.name().matches(matrices)) {
                    long[] inner = tensor.shape().clone();
                    long[] outer = tensor.shape().clone();
                    inner[1] = RANK;
                    outer[0] = RANK;
                    tensors.add(random(tensor.name() + ".lora_a", inner, random));
                    tensors.add(random(tensor.name() + ".lora_b", outer, random));
                }
            }
        }
        Metadata metadata = Metadata.builder("adapter")
                .set("general.type", MetadataValue.of("adapter"))
                .set("general.architecture", MetadataValue.of(architecture))
                .set("adapter.type", MetadataValue.of("lora"))
                .set("adapter.lora.alpha", MetadataValue.float32((float) alpha))
                .build();
        write(file, metadata, tensors);
        return file;
    }

    private static GgufTensor random(String name, long[] shape, SplittableRandom random) {
        float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.2);
        }
        return tensor(name, shape, values);
    }

    private static GgufTensor tensor(String name, long[] shape, float[] values) {
        MemorySegment data = Arena.ofAuto().allocate(4L * values.length, 64);
        MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
        return new GgufTensor(name, TensorType.F32, shape, data);
    }

    private static void write(Path path, Metadata metadata, List<GgufTensor> tensors) {
        try (GgufWriter writer = GgufWriter.create(path, metadata, tensors.stream().map(GgufTensorInfo::of).toList())) {
            tensors.forEach(it -> writer.write(it.name(), it.data()));
            writer.commit();
        }
    }
}

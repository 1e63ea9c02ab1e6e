package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.sampling.SamplingOptions;
import moka.gguf.GgufException;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.MetadataBuilder;
import moka.gguf.MetadataValue;
import moka.gguf.TensorType;
import moka.gguf.ValueType;
import moka.template.TemplateException;
import moka.testmodels.ModelShape;
import moka.testmodels.SyntheticModel;
import moka.testmodels.TypeMix;
import moka.tokenizer.TokenizerException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sound model files with one thing changed: a number of the header, a list, a shape, a type, a name, some weights. Such a file opens and
 * computes, or is refused with one line; it never ends otherwise, and never takes memory that the change alone asked for.
 *
 * <p>{@code -Dmoka.fuzz.rounds=1000} makes more changes, {@code -Dmoka.fuzz.seed=7} others, {@code -Dmoka.fuzz.models=FOLDER} of other models.
 */
@Timeout(300) // a hang is a failure; a change takes some milliseconds
class ChangedModelsTest {
    private static final int ROUNDS = Integer.getInteger("moka.fuzz.rounds", 12);
    private static final long SEED = Long.getLong("moka.fuzz.seed", 20260115);
    private static final long MOST_DATA_BYTES = 4 << 20;
    private static final long MOST_MEMORY_BYTES = 1L << 30;
    private static final List<String> KERNELS = List.of("scalar", "vector", "machine");

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> changedFilesComputeOrAreRefusedWithOneLine() throws IOException {
        return models().stream().map(it -> DynamicTest.dynamicTest(String.valueOf(it.getFileName()), () -> change(it)));
    }

    private static List<Path> models() throws IOException {
        var models = new ArrayList<Path>();
        String given = System.getProperty("moka.fuzz.models");
        Path golden = given == null ? goldenFolder() : Path.of(given);
        try (Stream<Path> files = Files.list(golden)) {
            files.filter(it -> it.toString().endsWith(".gguf")).sorted().forEach(models::add);
        }
        if (given == null) {
            for (String mix : List.of("F32", "Q4_0", "Q4_K_M")) {
                Path file = folder.resolve("synthetic-" + mix + ".gguf");
                SyntheticModel.write(new ModelShape("tiny", 1, 256, 256, 4, 2, 64, 512, 512, 10000, false, true), TypeMix.named(mix), 1, file);
                models.add(file);
            }
        }
        return models;
    }

    private static Path goldenFolder() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("test-models/golden/zoo"))) {
            at = at.getParent();
        }
        return at.resolve("test-models/golden/zoo");
    }

    private static void change(Path model) {
        var random = new SplittableRandom(SEED ^ model.getFileName().hashCode());
        int computed = 0;
        try (GgufFile sound = GgufFile.open(model)) {
            for (int round = 0; round < ROUNDS; round++) {
                Path file = folder.resolve("changed.gguf");
                String what = write(sound, file, random);
                long before = peakBytes();
                try {
                    computed += computes(file, KERNELS.get(round % KERNELS.size())) ? 1 : 0;
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (Throwable e) {
                    throw new AssertionError("round " + round + " of seed " + SEED + ", " + KERNELS.get(round % KERNELS.size()) + ": " + what, e);
                }
                assertTrue(peakBytes() - before < MOST_MEMORY_BYTES, () -> "took " + (peakBytes() - before) + " bytes: " + what);
            }
        }
        assertTrue(ROUNDS < 20 || computed > 0, "no changed file computed: the test has no teeth");
    }

    /** Whether it opened and computed. */
    private static boolean computes(Path file, String kernels) {
        try (Model model = Model.open(file, ModelOptions.DEFAULT.withThreads(1).withKernels(kernels))) {
            if (model.embeds()) {
                model.embed(new int[] {1, 2, 3});
                return true;
            }
            try (Session session = model.newSession(SessionOptions.DEFAULT.withContextLength(64))) {
                model.warnings();
                session.generate(
                        new int[] {1, 2, 3}, GenerationOptions.DEFAULT.withSampling(SamplingOptions.GREEDY).withMaxTokens(3), GenerationListener.SILENT);
                session.complete("Hello, world", true, true, GenerationOptions.DEFAULT.withMaxTokens(2), GenerationListener.SILENT);
            }
            return true;
        } catch (GgufException | EngineException | TokenizerException | TemplateException refusal) {
            String message = String.valueOf(refusal.getMessage());
            assertFalse(message.isBlank());
            assertEquals(1, message.lines().count(), message);
            return false;
        }
    }

    /** Writes the file with one change. @return the change in words */
    private static String write(GgufFile sound, Path file, SplittableRandom random) {
        MetadataBuilder metadata = sound.metadata().toBuilder();
        var tensors = new ArrayList<GgufTensorInfo>();
        sound.tensors().forEach(it -> tensors.add(GgufTensorInfo.of(it)));
        int index = random.nextInt(tensors.size());
        boolean poisoned = false;
        String what;
        switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> what = changeKey(sound.metadata(), metadata, random);
            case 4, 5 -> {
                GgufTensorInfo changed = changedTensor(tensors.get(index), random);
                what = tensors.get(index) + " to " + changed;
                tensors.set(index, changed);
            }
            case 6 -> what = "without " + tensors.remove(index);
            default -> {
                poisoned = true;
                what = "weights of " + tensors.get(index);
            }
        }
        long seed = random.nextLong();
        try (GgufWriter writer = GgufWriter.create(file, metadata.build(), tensors)) {
            for (GgufTensorInfo info : tensors) {
                byte[] data = new byte[Math.toIntExact(info.bytes())];
                copy(sound.tensor(info.name()).orElse(sound.tensors().get(index)).data(), data); // or the one with another name
                if (poisoned && info.name().equals(tensors.get(index).name())) {
                    what += poison(info.type(), data, new SplittableRandom(seed));
                }
                writer.write(info.name(), MemorySegment.ofArray(data));
            }
            writer.commit();
        }
        return what;
    }

    private static void copy(MemorySegment from, byte[] to) {
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, to, 0, (int) Math.min(to.length, from.byteSize()));
    }

    private static String changeKey(Metadata sound, MetadataBuilder metadata, SplittableRandom random) {
        List<String> keys = sound.values().keySet().stream().sorted().toList();
        String key = keys.get(random.nextInt(keys.size()));
        if (key.equals("general.alignment") || random.nextInt(12) == 0) {
            metadata.remove(key);
            return "without " + key;
        }
        MetadataValue value = changed(sound.values().get(key), random);
        metadata.set(key, value);
        String text = String.valueOf(value);
        return key + " = " + text.substring(0, Math.min(100, text.length()));
    }

    private static MetadataValue changed(MetadataValue value, SplittableRandom random) {
        return switch (value) {
            case MetadataValue.IntegerValue it -> integer(it, random);
            case MetadataValue.FloatValue it -> MetadataValue.float32(number(random));
            case MetadataValue.BoolValue it -> MetadataValue.of(!it.value());
            case MetadataValue.StringValue it -> MetadataValue.of(random.nextBoolean() ? "" : it.value() + "\u001b[2J\n");
            case MetadataValue.ArrayValue it -> list(it, random);
        };
    }

    private static MetadataValue integer(MetadataValue.IntegerValue it, SplittableRandom random) {
        long[] numbers = {0, 1, 3, 7, it.value() - 1, it.value() + 1, it.value() * 2, it.value() / 2, 65_536, 1_000_003, Integer.MAX_VALUE, 0x8000_0000L, 0xffff_ffffL};
        return MetadataValue.of(ValueType.UINT32, Math.max(0, numbers[random.nextInt(numbers.length)]));
    }

    private static float number(SplittableRandom random) {
        float[] numbers = {0, -1, 1e-30f, 1e30f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0.5f};
        return numbers[random.nextInt(numbers.length)];
    }

    private static MetadataValue list(MetadataValue.ArrayValue it, SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> MetadataValue.strings(List.of());
            case 1 -> MetadataValue.integers(ValueType.INT32, -1, Integer.MAX_VALUE, 0);
            case 2 -> MetadataValue.floats(number(random), number(random));
            case 3 -> MetadataValue.strings(Collections.nCopies(300, "a"));
            default -> it.elementType() == ValueType.STRING
                    ? MetadataValue.strings(List.of(it.strings()).subList(0, random.nextInt(it.size() + 1)))
                    : MetadataValue.of("a list no more");
        };
    }

    private static GgufTensorInfo changedTensor(GgufTensorInfo it, SplittableRandom random) {
        for (int attempt = 0; attempt < 50; attempt++) {
            long[] shape = it.shape().clone();
            TensorType type = it.type();
            String name = it.name();
            int axis = shape.length == 0 ? 0 : random.nextInt(shape.length);
            switch (random.nextInt(7)) {
                case 0 -> shape[axis] *= 2;
                case 1 -> shape[axis] = Math.max(0, shape[axis] / 2);
                case 2 -> shape[axis] += random.nextBoolean() ? 1 : -1;
                case 3 -> shape[axis] = random.nextBoolean() ? 0 : 1;
                case 4 -> shape = random.nextBoolean() ? new long[] {it.bytes() / 4} : new long[] {shape[0], 1, 1, 1};
                case 5 -> type = TensorType.values()[random.nextInt(TensorType.values().length)];
                default -> name = random.nextBoolean() ? "x" : name.replaceAll("\\d+", "9999");
            }
            try {
                var changed = new GgufTensorInfo(name, type, shape);
                if (changed.bytes() <= MOST_DATA_BYTES && !changed.equals(it)) {
                    return changed;
                }
            } catch (RuntimeException e) {
                continue; // no such tensor can be written
            }
        }
        return it;
    }

    /** Not-a-numbers, infinities, and bytes of ones, which are infinite scales or such that are no numbers in most types of blocks. */
    private static String poison(TensorType type, byte[] data, SplittableRandom random) {
        int first = random.nextBoolean() || data.length == 0 ? 0 : random.nextInt(data.length) & -4;
        int count = random.nextBoolean() ? 4 : data.length;
        int bits = new int[] {0x7fc00000, 0x7f800000, 0xff800000, -1, 0x7c007c00, 0x7f7fffff}[random.nextInt(6)];
        for (int i = first; i < Math.min(data.length, first + count); i++) {
            data[i] = (byte) (bits >>> 8 * (i & 3));
        }
        return " (" + type + "): " + Integer.toHexString(bits) + " at " + first + ", " + count + " bytes";
    }

    /** Most memory that the process had at a time; 0 where the system does not tell. */
    private static long peakBytes() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(it -> it.startsWith("VmHWM:"))
                    .mapToLong(it -> Long.parseLong(it.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}

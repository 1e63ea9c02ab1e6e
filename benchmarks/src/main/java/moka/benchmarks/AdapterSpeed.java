package moka.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import moka.engine.AdapterFile;
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

/**
 * What LoRA adapters cost: prefill and decode of one thread with and without adapters for all matrices of all blocks, in turn; processor time, best
 * of some rounds.
 *
 * <p>{@code AdapterSpeed MODEL.gguf [RANK [ADAPTERS]]}
 */
public final class AdapterSpeed {
    private static final int PROMPT = 128;
    private static final int GENERATED = 8;
    private static final int ROUNDS = 6;

    private AdapterSpeed() {}

    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        int rank = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 16;
        int count = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1;
        List<AdapterFile> adapters = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                Path adapter = Files.createTempFile("adapter", ".gguf");
                write(file, rank, i, adapter);
                adapters.add(new AdapterFile(adapter, 0.5f));
            }
            ModelOptions options = ModelOptions.DEFAULT.withThreads(1);
            try (Model plain = Model.open(file, options);
                    Model adapted = Model.open(file, options.withAdapters(adapters));
                    Session first = plain.newSession();
                    Session second = adapted.newSession()) {
                long[] without = {Long.MAX_VALUE, Long.MAX_VALUE};
                long[] with = {Long.MAX_VALUE, Long.MAX_VALUE};
                for (int round = 0; round < ROUNDS; round++) {
                    round(first, without);
                    round(second, with);
                }
                for (int i = 0; i < 2; i++) {
                    System.out.printf(Locale.ROOT, "%s: %.1f ms, with %d of rank %d %.1f ms: %+.1f %%%n", i == 0 ? "prefill" : "decode",
                            without[i] / 1e6, count, rank, with[i] / 1e6, 100.0 * with[i] / without[i] - 100);
                }
            }
        } finally {
            for (AdapterFile adapter : adapters) {
                Files.delete(adapter.path());
            }
        }
    }

    /** Keeps the best times of prefill and decode. */
    private static void round(Session session, long[] best) {
        int[] ids = new SplittableRandom(1).ints(PROMPT, 0, 20000).toArray();
        session.clear();
        long start = now();
        session.append(ids);
        long middle = now();
        for (int i = 0; i < GENERATED; i++) {
            session.append(new int[] {ids[i]});
        }
        best[0] = Math.min(best[0], middle - start);
        best[1] = Math.min(best[1], now() - middle);
    }

    private static long now() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static void write(Path base, int rank, int seed, Path target) {
        try (GgufFile file = GgufFile.open(base)) {
            List<GgufTensor> tensors = new ArrayList<>();
            var random = new SplittableRandom(seed);
            for (GgufTensor tensor : file.tensors()) {
                if (tensor.name().startsWith("blk.") && tensor.shape().length > 1) {
                    long[] inner = tensor.shape().clone();
                    long[] outer = tensor.shape().clone();
                    inner[1] = rank;
                    outer[0] = rank;
                    tensors.add(random(tensor.name() + ".lora_a", inner, random));
                    tensors.add(random(tensor.name() + ".lora_b", outer, random));
                }
            }
            Metadata metadata = Metadata.builder("adapter")
                    .set("general.type", MetadataValue.of("adapter"))
                    .set("general.architecture", MetadataValue.of(file.metadata().requireString("general.architecture")))
                    .set("adapter.type", MetadataValue.of("lora"))
                    .set("adapter.lora.alpha", MetadataValue.float32(rank))
                    .build();
            try (GgufWriter writer = GgufWriter.create(target, metadata, tensors.stream().map(GgufTensorInfo::of).toList())) {
                tensors.forEach(it -> writer.write(it.name(), it.data()));
                writer.commit();
            }
        }
    }

    private static GgufTensor random(String name, long[] shape, SplittableRandom random) {
        int count = Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b));
        MemorySegment data = Arena.ofAuto().allocate(4L * count, 64);
        for (int i = 0; i < count; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (0.02 * random.nextDouble() - 0.01));
        }
        return new GgufTensor(name, TensorType.F32, shape, data);
    }
}

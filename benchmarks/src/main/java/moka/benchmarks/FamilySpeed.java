package moka.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.EngineException;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.gguf.GgufTensor;
import moka.gguf.Metadata;
import moka.gguf.TensorType;
import moka.testmodels.EnlargedModel;

/**
 * How fast families are beside llama at equal lengths: each tiny model of a folder is enlarged ({@link EnlargedModel}) and run in turn with an
 * enlarged llama, whose speed is 100. Since families differ in how many weights they have, speeds count multiply-adds in prefill and bytes of
 * weights read in decode, not tokens; a last column adds the bytes of states, read and written.
 *
 * <p>{@code FamilySpeed FOLDER [THREADS [TYPE [NAME...]]]}: names without {@code .gguf}; with one thread the time is that of the
 * processor, which other work on the machine disturbs least.
 */
public final class FamilySpeed {
    private static final int PROMPT = 128;
    private static final int GENERATED = 32;
    private static final int ROUNDS = 5;
    private static final long WARMUP_NANOS = 1_000_000_000L;

    private FamilySpeed() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        TensorType type = arguments.length > 2 ? TensorType.valueOf(arguments[2]) : TensorType.Q4_0;
        List<String> names = arguments.length > 3 ? Arrays.asList(arguments).subList(3, arguments.length) : names(folder);
        Path file = Files.createTempFile("family", ".gguf");
        Path llama = Files.createTempFile("llama", ".gguf");
        try {
            EnlargedModel.write(folder.resolve("llama.gguf"), type, 1, llama);
            System.out.println("| model | prefill t/s | decode t/s | prefill, % of llama's products | decode, % of llama's bytes | with states |");
            System.out.println("| --- | --- | --- | --- | --- | --- |");
            try (var measure = new Measured(llama, threads)) {
                for (String name : names) {
                    row(folder.resolve(name + ".gguf"), name, type, file, measure, threads);
                }
            }
        } finally {
            Files.delete(file);
            Files.delete(llama);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(it -> String.valueOf(it.getFileName()))
                    .filter(it -> it.endsWith(".gguf"))
                    .map(it -> it.substring(0, it.length() - 5))
                    .sorted()
                    .toList();
        }
    }

    private static void row(Path tiny, String name, TensorType type, Path file, Measured llama, int threads) {
        try {
            EnlargedModel.write(tiny, type, 1, file);
            try (var family = new Measured(file, threads)) {
                family.warm();
                llama.warm();
                for (int round = 0; round < ROUNDS; round++) {
                    llama.round();
                    family.round();
                }
                System.out.printf(Locale.ROOT, "| %s | %.0f | %.1f | %.0f | %.0f | %.0f |%n",
                        name, family.prefillSpeed(), family.decodeSpeed(),
                        100 * family.prefillSpeed() * family.products / (llama.prefillSpeed() * llama.products),
                        100 * family.decodeSpeed() * family.bytes / (llama.decodeSpeed() * llama.bytes),
                        100 * family.decodeSpeed() * (family.bytes + family.stateBytes) / (llama.decodeSpeed() * llama.bytes));
            }
        } catch (EngineException | IllegalArgumentException e) {
            System.out.println("| " + name + " | – | – | " + e.getMessage() + " | – | – |");
        }
    }

    /** A model with the best times of some rounds. */
    private static final class Measured implements AutoCloseable {
        final Model model;
        final Session session;
        /** Multiply-adds of a prompt's token, and bytes of weights that a generated token reads. */
        final double products;
        final double bytes;
        /** Bytes of states that a generated token reads and writes. */
        final double stateBytes;
        private final boolean oneThread;
        private final int[] ids;
        private final List<Long> prefills = new ArrayList<>();
        private final List<Long> decodes = new ArrayList<>();

        Measured(Path file, int threads) {
            model = Model.open(file, ModelOptions.DEFAULT.withThreads(threads));
            session = model.newSession();
            oneThread = threads == 1;
            ids = new SplittableRandom(1).ints(PROMPT, 0, 20000).toArray();
            Metadata metadata = model.file().metadata();
            double used = metadata.integer(model.architecture() + ".expert_used_count").orElse(0)
                    / (double) metadata.integer(model.architecture() + ".expert_count").orElse(1);
            String prefix = model.architecture() + ".";
            long keyLength = metadata.integer(prefix + "kda.head_dim").orElse(0);
            long state = keyLength > 0
                    ? metadata.requireInteger(prefix + "attention.head_count") * keyLength * keyLength
                    : metadata.integer(prefix + "ssm.inner_size").orElse(0) * metadata.integer(prefix + "ssm.state_size").orElse(0);
            double states = 0;
            double read = 0;
            double multiplied = 0;
            for (GgufTensor tensor : model.file().tensors()) {
                double share = tensor.name().contains("_exps.") ? used : 1;
                boolean looked = tensor.name().equals("per_layer_token_embd.weight") || tensor.name().equals("position_embd.weight");
                boolean head = tensor.name().equals("token_embd.weight");
                states += tensor.name().endsWith(".ssm_a") || tensor.name().endsWith(".ssm_a.weight") ? 8.0 * state : 0;
                read += looked ? 0 : share * tensor.data().byteSize();
                multiplied += looked || head || tensor.shape().length < 2 ? 0 : share * tensor.elements();
            }
            bytes = read;
            stateBytes = states;
            products = multiplied;
        }

        /** Until the virtual machine has compiled what runs; forgets earlier rounds. */
        void warm() {
            long start = System.nanoTime();
            do {
                round();
            } while (System.nanoTime() - start < WARMUP_NANOS && prefills.size() < 100);
            prefills.clear();
            decodes.clear();
        }

        void round() {
            session.clear();
            long start = now();
            session.append(ids);
            long middle = now();
            for (int i = 0; i < GENERATED; i++) {
                session.append(new int[] {ids[i]});
            }
            prefills.add(middle - start);
            decodes.add(now() - middle);
        }

        private long now() {
            return oneThread ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() : System.nanoTime();
        }

        /** Tokens a second of the best round. */
        double prefillSpeed() {
            return PROMPT * 1e9 / prefills.stream().mapToLong(it -> it).min().orElseThrow();
        }

        double decodeSpeed() {
            return GENERATED * 1e9 / decodes.stream().mapToLong(it -> it).min().orElseThrow();
        }

        @Override
        public void close() {
            session.close();
            model.close();
        }
    }
}

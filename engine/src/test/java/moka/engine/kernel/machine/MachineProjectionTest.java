package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.kernel.Activations;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.machine.aarch64.NeonKernelProvider;
import moka.engine.kernel.scalar.ScalarKernels;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products in machine code against double sums over the decoded weights and the activations rounded in plain Java. */
class MachineProjectionTest {
    static Kernels kernels(WorkerTeam team, boolean repack) {
        return switch (provider().offer(new Request(team, Precision.FAST, repack, 0))) {
            case Offer.Accepted(var kernels) -> kernels;
            case Offer.Refused(var reason) -> abort("machine kernels are not tested here: " + reason);
        };
    }

    /** The one for this processor. */
    private static KernelProvider provider() {
        return System.getProperty("os.arch").equals("aarch64") ? new NeonKernelProvider(Optional.empty()) : new MachineKernelProvider();
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void multipliesEveryTypeForAnyNumberOfTokens(TensorType type) {
        var random = new SplittableRandom(type.id());
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels packed = kernels(team, true);
                Kernels inPlace = kernels(team, false)) {
            for (int tokens : new int[] {1, 2, 5, 6, 7, 12, 13, 16, 19}) {
                int rows = random.nextInt(1, 70);
                int columns = columns(type, random);
                WeightMatrix weights = RandomWeights.of(type, rows, columns, random, arena);
                Activations input = activations(arena, tokens, columns, random);
                Activations output = Activations.allocate(arena, tokens, rows);
                Activations again = Activations.allocate(arena, tokens, rows);
                project(packed, weights, input, output, tokens);
                project(inPlace, weights, input, again, tokens);
                compare(packed, weights, input, output, tokens);
                for (int t = 0; t < tokens; t++) {
                    assertArrayEquals(row(output, t, rows), row(again, t, rows), "in place and packed, token " + t);
                }
            }
        }
    }

    /** One token, and columns that rows are multiplied by where they lie in the file. */
    @ParameterizedTest
    @EnumSource(TensorType.class)
    void multipliesRowsInPlaceAsPanels(TensorType type) {
        var random = new SplittableRandom(31 * type.id());
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels packed = kernels(team, true);
                Kernels inPlace = kernels(team, false)) {
            for (int turn = 0; turn < 12; turn++) {
                int rows = turn == 0 ? 16 : random.nextInt(1, 200);
                // Floats: lines of 64 bytes, also an odd number of them.
                int columns = type.blockElements() == 1 ? 32 * random.nextInt(1, 80) : RowTerms.COLUMNS * random.nextInt(1, 6);
                WeightMatrix weights = RandomWeights.of(type, rows, columns, random, arena);
                Activations input = activations(arena, 1, columns, random);
                MemorySegment bias = random.nextBoolean() ? floats(arena, rows, random) : null;
                boolean add = random.nextBoolean();
                float[][] results = new float[2][];
                for (int i = 0; i < results.length; i++) {
                    Kernels kernels = i == 0 ? packed : inPlace;
                    Activations output = Activations.allocate(arena, 1, rows);
                    for (int row = 0; row < rows; row++) {
                        output.write(0, row, new float[] {row}, 0, 1);
                    }
                    kernels.project(new Projection(new Input.Plain(input), List.of(new Product(kernels.prepare(weights), output, bias, 1.25f)), add), 1);
                    results[i] = row(output, 0, rows);
                }
                assertArrayEquals(results[0], results[1], rows + " x " + columns);
            }
        }
    }

    /** Rows that are no multiple of a panel's, one row, one block, and rows that are no multiple of a unit's columns. */
    @ParameterizedTest
    @EnumSource(TensorType.class)
    void multipliesOneRowAndRaggedRowsOfEveryType(TensorType type) {
        var random = new SplittableRandom(100 + type.id());
        int block = type.blockElements();
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels packed = kernels(team, true);
                Kernels inPlace = kernels(team, false)) {
            for (int rows : new int[] {1, 15, 17, 31, 33}) {
                for (int columns : new int[] {block == 1 ? 33 : block, block == 1 ? 97 : 3 * block}) {
                    for (int tokens : new int[] {1, 3, 14}) {
                        WeightMatrix weights = RandomWeights.of(type, rows, columns, random, arena);
                        Activations input = activations(arena, tokens, columns, random);
                        for (Kernels kernels : List.of(packed, inPlace)) {
                            Activations output = Activations.allocate(arena, tokens, rows);
                            project(kernels, weights, input, output, tokens);
                            compare(kernels, weights, input, output, tokens);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"Q4_K", "Q6_K", "Q8_0", "F16", "BF16", "IQ2_XS"})
    void givesTheSameBitsForEveryBatchAndEveryTeam(TensorType type) {
        var random = new SplittableRandom(7);
        int rows = 211;
        int columns = 512;
        int tokens = 23;
        try (Arena arena = Arena.ofShared()) {
            WeightMatrix weights = RandomWeights.of(type, rows, columns, random, arena);
            Activations input = activations(arena, tokens, columns, random);
            float[][] expected = null;
            for (int threads : new int[] {1, 2, 7}) {
                try (WorkerTeam team = new WorkerTeam(threads);
                        Kernels kernels = kernels(team, true)) {
                    Activations output = Activations.allocate(arena, tokens, rows);
                    project(kernels, weights, input, output, tokens);
                    float[][] found = new float[tokens][];
                    for (int t = 0; t < tokens; t++) {
                        found[t] = row(output, t, rows);
                    }
                    if (expected == null) {
                        expected = found;
                    }
                    for (int t = 0; t < tokens; t++) {
                        assertArrayEquals(expected[t], found[t], threads + " threads, token " + t);
                        // The token alone.
                        Activations one = Activations.allocate(arena, 1, columns);
                        one.write(0, 0, row(input, t, columns), 0, columns);
                        Activations alone = Activations.allocate(arena, 1, rows);
                        project(kernels, weights, one, alone, 1);
                        assertArrayEquals(expected[t], row(alone, 0, rows), "alone, token " + t);
                    }
                }
            }
        }
    }

    /** Decoding packs one large matrix for many that it reads in place: whenever it happens, the bits stay. */
    @Test
    void packsLargeMatricesLittleByLittleWhileDecoding() {
        var random = new SplittableRandom(5);
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels kernels = kernels(team, true)) {
            int rows = 1040;
            int columns = 2048;
            WeightMatrix weights = RandomWeights.of(TensorType.Q4_0, rows, columns, random, arena);
            Activations input = activations(arena, 1, columns, random);
            Activations output = Activations.allocate(arena, 1, rows);
            List<Product> products = Stream.generate(() -> new Product(kernels.prepare(weights), output)).limit(3).toList();
            float[] expected = null;
            Set<String> notes = new HashSet<>();
            for (int token = 0; token < 20; token++) {
                for (Product product : products) {
                    kernels.project(new Projection(new Input.Plain(input), List.of(product), false), 1);
                    float[] found = row(output, 0, rows);
                    if (expected != null) {
                        assertArrayEquals(expected, found, "token " + token);
                    }
                    expected = found;
                    // But for what it cost, which is in brackets.
                    kernels.notes().forEach(note -> notes.add(note.replaceAll(" \\(.*\\)", "")));
                }
            }
            // Nothing at once: one, two and three of them.
            assertEquals(3, notes.size(), notes::toString);
            compare(kernels, weights, input, output, 1);
        }
    }

    @Test
    void fusesNormsGatesBiasScaleAndAddition() {
        var random = new SplittableRandom(11);
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels machine = kernels(team, true);
                Kernels scalar = new ScalarKernels(team, Precision.FLOAT32)) {
            for (int turn = 0; turn < 60; turn++) {
                int tokens = random.nextInt(1, 20);
                int columns = 32 * random.nextInt(1, 20);
                Activations first = activations(arena, tokens, columns, random);
                Activations second = activations(arena, tokens, columns, random);
                Projection.GateFunction[] functions = Projection.GateFunction.values();
                Input input = switch (turn % 3) {
                    case 0 -> new Input.Plain(first);
                    case 1 -> new Input.RmsNormed(first, floats(arena, columns, random), 1e-5f);
                    default -> new Input.Gated(first, second, functions[turn / 3 % functions.length]);
                };
                boolean add = random.nextBoolean();
                // Float32 weights, which round nothing, and others that share the input.
                int rows = random.nextInt(1, 50);
                WeightMatrix exact = new WeightMatrix("exact", TensorType.F32, rows, columns, floatData(arena, rows * columns, random));
                WeightMatrix rounded = quantized(arena, TensorType.Q8_0, random.nextInt(1, 50), columns, random);
                for (WeightMatrix weights : List.of(exact, rounded)) {
                    MemorySegment bias = random.nextBoolean() ? floats(arena, weights.rows(), random) : null;
                    float scale = random.nextBoolean() ? 1 : 0.37f;
                    Activations found = Activations.allocate(arena, tokens, weights.rows() + 5);
                    Activations expected = Activations.allocate(arena, tokens, weights.rows() + 5);
                    for (int t = 0; t < tokens; t++) {
                        for (int i = 0; i < weights.rows() + 5; i++) {
                            float value = (float) random.nextGaussian();
                            found.set(t, i, value);
                            expected.set(t, i, value);
                        }
                    }
                    machine.project(new Projection(input, List.of(new Product(machine.prepare(weights), found, bias, scale)), add), tokens);
                    scalar.project(new Projection(input, List.of(new Product(scalar.prepare(weights), expected, bias, scale)), add), tokens);
                    double error = 0;
                    double power = 0;
                    for (int t = 0; t < tokens; t++) {
                        for (int i = 0; i < weights.rows() + 5; i++) {
                            error += Math.pow(found.get(t, i) - expected.get(t, i), 2);
                            power += Math.pow(expected.get(t, i), 2);
                        }
                    }
                    double limit = weights == exact ? 2e-6 : 0.02;
                    double relative = Math.sqrt(error / power);
                    assertTrue(relative < limit, () -> input.getClass().getSimpleName() + ", " + weights.type() + ": " + relative);
                }
            }
        }
    }

    /** Several pairs of panels with several tiles by one call, and what is left over: the same bits as token by token. */
    @ParameterizedTest
    @EnumSource(value = TensorType.class, names = {"Q8_0", "Q4_0", "Q4_K", "Q6_K", "IQ4_XS"})
    void multipliesManyTokensByManyPanelsAsOneByOne(TensorType type) {
        var random = new SplittableRandom(17 * type.id());
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(1);
                Kernels kernels = kernels(team, true)) {
            for (int turn = 0; turn < 6; turn++) {
                int rows = random.nextInt(1, 700);
                // Of one pair at a time, too.
                int columns = turn == 0 ? 8192 : 256 * random.nextInt(1, 6);
                int tokens = random.nextInt(19, 60);
                boolean add = random.nextBoolean();
                MemorySegment bias = random.nextBoolean() ? floats(arena, rows, random) : null;
                WeightMatrix weights = RandomWeights.of(type, rows, columns, random, arena);
                Activations input = activations(arena, tokens, columns, random);
                Activations together = Activations.allocate(arena, tokens, rows);
                kernels.project(new Projection(new Input.Plain(input), List.of(new Product(kernels.prepare(weights), together, bias, 0.5f)), add), tokens);
                for (int t = 0; t < tokens; t++) {
                    Activations single = Activations.allocate(arena, 1, columns);
                    for (int i = 0; i < columns; i++) {
                        single.set(0, i, input.get(t, i));
                    }
                    Activations alone = Activations.allocate(arena, 1, rows);
                    kernels.project(new Projection(new Input.Plain(single), List.of(new Product(kernels.prepare(weights), alone, bias, 0.5f)), add), 1);
                    assertArrayEquals(row(alone, 0, rows), row(together, t, rows), rows + " rows, " + columns + " columns, token " + t + " of " + tokens);
                }
            }
        }
    }

    @Test
    void servesAProjectionOfSeveralTypesAtOnce() {
        var random = new SplittableRandom(12);
        try (Arena arena = Arena.ofShared();
                WorkerTeam team = new WorkerTeam(2);
                Kernels kernels = kernels(team, true)) {
            int columns = 512;
            int tokens = 15;
            List<WeightMatrix> weights = List.of(
                    RandomWeights.of(TensorType.Q4_K, 100, columns, random, arena),
                    RandomWeights.of(TensorType.Q6_K, 33, columns, random, arena),
                    RandomWeights.of(TensorType.F16, 7, columns, random, arena),
                    RandomWeights.of(TensorType.BF16, 20, columns, random, arena));
            Activations input = activations(arena, tokens, columns, random);
            List<Activations> outputs = weights.stream().map(it -> Activations.allocate(arena, tokens, it.rows())).toList();
            List<Product> products = java.util.stream.IntStream.range(0, weights.size())
                    .mapToObj(i -> new Product(kernels.prepare(weights.get(i)), outputs.get(i)))
                    .toList();
            kernels.project(new Projection(new Input.Plain(input), products, false), tokens);
            for (int i = 0; i < weights.size(); i++) {
                compare(kernels, weights.get(i), input, outputs.get(i), tokens);
            }
        }
    }

    private static int columns(TensorType type, SplittableRandom random) {
        int block = type.blockElements();
        return block == 1 ? random.nextInt(1, 300) : block * random.nextInt(1, 1 + 1024 / block);
    }

    private static void project(Kernels kernels, WeightMatrix weights, Activations input, Activations output, int tokens) {
        kernels.project(new Projection(new Input.Plain(input), List.of(new Product(kernels.prepare(weights), output)), false), tokens);
    }

    private static void compare(Kernels kernels, WeightMatrix weights, Activations input, Activations output, int tokens) {
        float[] decoded = RandomWeights.decode(weights);
        int columns = weights.columns();
        boolean roundsToBfloat16 = kernels.describe(TensorType.BF16).contains("bf16");
        for (int t = 0; t < tokens; t++) {
            float[] activations = row(input, t, columns);
            if (weights.type() != TensorType.BF16 || roundsToBfloat16) {
                activations = RoundedRow.of(weights.type(), activations);
            }
            for (int r = 0; r < weights.rows(); r++) {
                double sum = 0;
                double magnitude = 0;
                for (int i = 0; i < columns; i++) {
                    double product = (double) decoded[r * columns + i] * activations[i];
                    sum += product;
                    magnitude += Math.abs(product);
                }
                assertEquals(sum, output.get(t, r), 1e-5 * magnitude + 1e-30, "row " + r + " of " + weights + ", token " + t);
            }
        }
    }

    static float[] row(Activations activations, int row, int count) {
        var values = new float[count];
        activations.read(row, 0, values, 0, count);
        return values;
    }

    private static Activations activations(Arena arena, int rows, int columns, SplittableRandom random) {
        Activations activations = Activations.allocate(arena, rows, columns);
        for (int t = 0; t < rows; t++) {
            // Rows of different sizes; some units much smaller or larger than others, some rows and units zero.
            double size = Math.pow(10, random.nextInt(-6, 4));
            for (int unit = 0; unit < columns; unit += 32) {
                double factor = random.nextInt(5) == 0 ? Math.pow(2, random.nextInt(-50, 5)) : random.nextInt(10) == 0 ? 0 : 1;
                for (int i = unit; i < Math.min(unit + 32, columns); i++) {
                    activations.set(t, i, (float) (random.nextGaussian() * size * factor));
                }
            }
        }
        return activations;
    }

    private static MemorySegment floats(Arena arena, int count, SplittableRandom random) {
        return floatData(arena, count, random);
    }

    private static MemorySegment floatData(Arena arena, int count, SplittableRandom random) {
        MemorySegment segment = arena.allocate(4L * count, 64);
        for (int i = 0; i < count; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return segment;
    }

    private static WeightMatrix quantized(Arena arena, TensorType type, int rows, int columns, SplittableRandom random) {
        var values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.1);
        }
        MemorySegment data = arena.allocate(rows * type.rowBytes(columns));
        TensorFormats.of(type).quantize(values, 0, values.length, data, 0);
        return new WeightMatrix("quantized " + type, type, rows, columns, data);
    }
}

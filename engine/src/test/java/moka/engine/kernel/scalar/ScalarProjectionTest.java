package moka.engine.kernel.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.Projection;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScalarProjectionTest {
    private static final List<TensorType> TYPES = List.of(
            TensorType.F32,
            TensorType.F16,
            TensorType.BF16,
            TensorType.Q4_0,
            TensorType.Q4_1,
            TensorType.Q5_1,
            TensorType.Q8_0,
            TensorType.TQ1_0,
            TensorType.NVFP4,
            TensorType.Q1_0);

    /** A random projection: shapes, types, input, bias, scale and addition. */
    private static final class Case {
        final SplittableRandom random;
        final int rowCount;
        final int columns;
        final Activations first;
        final Activations second;
        final MemorySegment norm;
        final Projection.Input input;
        final boolean add;
        final List<WeightMatrix> weights = new ArrayList<>();
        final List<MemorySegment> biases = new ArrayList<>();
        final List<Float> scales = new ArrayList<>();

        Case(Arena arena, long seed) {
            random = new SplittableRandom(seed);
            rowCount = random.nextInt(1, 6);
            columns = 256 * random.nextInt(1, 3);
            first = activations(arena, rowCount, columns);
            second = activations(arena, rowCount, columns);
            norm = floats(arena, columns);
            Projection.GateFunction[] functions = Projection.GateFunction.values();
            input = switch (random.nextInt(3)) {
                case 0 -> new Projection.Input.Plain(first);
                case 1 -> new Projection.Input.RmsNormed(first, norm, 1e-5f);
                default -> new Projection.Input.Gated(first, second, functions[random.nextInt(functions.length)]);
            };
            add = random.nextBoolean();
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                weights.add(weights(arena, TYPES.get(random.nextInt(TYPES.size())), random.nextInt(1, 40), columns));
                biases.add(random.nextBoolean() ? floats(arena, weights.getLast().rows()) : null);
                scales.add(random.nextBoolean() ? 1f : 0.37f);
            }
        }

        private WeightMatrix weights(Arena arena, TensorType type, int rows, int columns) {
            var values = new float[rows * columns];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextGaussian() * 0.1);
            }
            MemorySegment data = arena.allocate(rows * type.rowBytes(columns));
            TensorFormats.of(type).quantize(values, 0, values.length, data, 0);
            return new WeightMatrix(type.name(), type, rows, columns, data);
        }

        private MemorySegment floats(Arena arena, int count) {
            MemorySegment floats = arena.allocate(4L * count, 4);
            for (int i = 0; i < count; i++) {
                floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (2 * random.nextDouble() - 1));
            }
            return floats;
        }

        private Activations activations(Arena arena, int rows, int columns) {
            Activations activations = Activations.allocate(arena, rows, columns);
            for (int t = 0; t < rows; t++) {
                for (int i = 0; i < columns; i++) {
                    activations.set(t, i, (float) random.nextGaussian());
                }
            }
            return activations;
        }

        /** Runs the case; a result for each product, {@code [t][row]}. */
        List<float[]> run(Arena arena, int threads, Precision precision) {
            try (var team = new WorkerTeam(threads);
                    var kernels = new ScalarKernels(team, precision)) {
                var products = new ArrayList<Projection.Product>();
                for (int i = 0; i < weights.size(); i++) {
                    Activations output = Activations.allocate(arena, rowCount, weights.get(i).rows());
                    for (int t = 0; t < rowCount; t++) {
                        for (int r = 0; r < output.columns(); r++) {
                            output.set(t, r, before(t, r));
                        }
                    }
                    products.add(new Projection.Product(
                            kernels.prepare(weights.get(i)), output, biases.get(i), scales.get(i)));
                }
                kernels.project(new Projection(input, products, add), rowCount);
                return products.stream().map(product -> values(product.output())).toList();
            }
        }

        static float before(int t, int r) {
            return t - 0.5f * r;
        }

        private static float[] values(Activations output) {
            var values = new float[output.rows() * output.columns()];
            for (int t = 0; t < output.rows(); t++) {
                output.read(t, 0, values, t * output.columns(), output.columns());
            }
            return values;
        }

        /** The formula of {@link Projection}, straight and in double. */
        double expected(int product, int t, int r) {
            WeightMatrix matrix = weights.get(product);
            var row = new float[columns];
            TensorFormat format = TensorFormats.of(matrix.type());
            format.decode(matrix.data(), r * matrix.rowBytes(), columns, row, 0);
            double squares = 0;
            for (int i = 0; i < columns; i++) {
                squares += (double) first.get(t, i) * first.get(t, i);
            }
            double sum = 0;
            for (int i = 0; i < columns; i++) {
                double x = first.get(t, i);
                double value = switch (input) {
                    case Projection.Input.Plain plain -> x;
                    case Projection.Input.RmsNormed normed ->
                        x / Math.sqrt(squares / columns + 1e-5f) * norm.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                    case Projection.Input.Gated gated -> gate(gated.function(), x) * second.get(t, i);
                };
                sum += value * row[i];
            }
            MemorySegment bias = biases.get(product);
            return (add ? before(t, r) : 0)
                    + scales.get(product) * sum
                    + (bias == null ? 0 : bias.getAtIndex(ValueLayout.JAVA_FLOAT, r));
        }

        private static double gate(Projection.GateFunction function, double x) {
            return switch (function) {
                case SILU -> x / (1 + Math.exp(-x));
                case GELU_TANH -> x / 2 * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * Math.pow(x, 3))));
                case GELU_ERF -> x * (1 - erfcByIntegration(x / Math.sqrt(2)) / 2);
                case RELU -> x > 0 ? x : 0;
                case SIGMOID -> 1 / (1 + Math.exp(-x));
                case NONE -> x;
            };
        }
    }

    /** {@code 2/√π ∫ e^-t²} from z to 8, by Simpson's rule. */
    private static double erfcByIntegration(double z) {
        int steps = 4000;
        double h = (8 - z) / steps;
        double sum = Math.exp(-z * z) + Math.exp(-64);
        for (int i = 1; i < steps; i++) {
            double t = z + i * h;
            sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-t * t);
        }
        return 2 / Math.sqrt(Math.PI) * sum * h / 3;
    }

    @Test
    void float32FollowsTheFormulaForRandomShapesTypesAndInputs() {
        for (int seed = 0; seed < 60; seed++) {
            try (Arena arena = Arena.ofShared()) {
                var one = new Case(arena, seed);
                List<float[]> results = one.run(arena, 1, Precision.FLOAT32);
                for (int p = 0; p < results.size(); p++) {
                    int rows = one.weights.get(p).rows();
                    for (int i = 0; i < results.get(p).length; i++) {
                        double expected = one.expected(p, i / rows, i % rows);
                        assertEquals(expected, results.get(p)[i], 2e-5 * (1 + Math.abs(expected)), "seed " + seed);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneTwoAndSevenThreadsGiveTheSameBits(Precision precision) {
        for (int seed = 0; seed < 20; seed++) {
            try (Arena arena = Arena.ofShared()) {
                var one = new Case(arena, seed);
                List<float[]> expected = one.run(arena, 1, precision);
                for (int threads : new int[] {2, 7}) {
                    List<float[]> actual = one.run(arena, threads, precision);
                    for (int p = 0; p < expected.size(); p++) {
                        assertArrayEquals(expected.get(p), actual.get(p), "seed " + seed);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void rowsOfABatchEqualRowsOneByOne(Precision precision) {
        for (int seed = 0; seed < 20; seed++) {
            try (Arena arena = Arena.ofShared();
                    var team = new WorkerTeam(2);
                    var kernels = new ScalarKernels(team, precision)) {
                var one = new Case(arena, seed);
                WeightMatrix weights = one.weights.getFirst();
                var matrix = kernels.prepare(weights);
                Activations batch = Activations.allocate(arena, one.rowCount, weights.rows());
                var products = List.of(new Projection.Product(matrix, batch));
                kernels.project(new Projection(new Projection.Input.Plain(one.first), products, false), one.rowCount);
                for (int t = 0; t < one.rowCount; t++) {
                    Activations input = Activations.allocate(arena, 1, one.columns);
                    for (int i = 0; i < one.columns; i++) {
                        input.set(0, i, one.first.get(t, i));
                    }
                    Activations output = Activations.allocate(arena, 1, weights.rows());
                    var alone = List.of(new Projection.Product(matrix, output));
                    kernels.project(new Projection(new Projection.Input.Plain(input), alone, false), 1);
                    for (int r = 0; r < weights.rows(); r++) {
                        assertEquals(output.get(0, r), batch.get(t, r));
                    }
                }
            }
        }
    }

    @Test
    void normsRowsInPlaceAndApart() {
        try (Arena arena = Arena.ofShared();
                var team = new WorkerTeam(2);
                var kernels = new ScalarKernels(team, Precision.FAST)) {
            var one = new Case(arena, 3);
            Activations output = Activations.allocate(arena, one.rowCount, one.columns);
            kernels.rmsNorm(one.first, 0, one.rowCount, one.norm, 1e-6f, output);
            double squares = 0;
            for (int i = 0; i < one.columns; i++) {
                squares += (double) one.first.get(0, i) * one.first.get(0, i);
            }
            double factor = 1 / Math.sqrt(squares / one.columns + 1e-6);
            for (int i = 0; i < one.columns; i++) {
                double expected = one.first.get(0, i) * factor * one.norm.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                assertEquals(expected, output.get(0, i), 1e-6 * (1 + Math.abs(expected)));
            }
            float beforeFirst = one.first.get(0, 0);
            int rest = one.rowCount - 1;
            kernels.rmsNorm(one.first, 1, rest, one.norm, 1e-6f, one.first);
            assertEquals(beforeFirst, one.first.get(0, 0));
            for (int t = 1; t < one.rowCount; t++) {
                assertEquals(output.get(t, 5), one.first.get(t, 5));
            }
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Arena arena = Arena.ofShared();
                var team = new WorkerTeam(1);
                var kernels = new ScalarKernels(team, Precision.FAST)) {
            var matrix = kernels.prepare(
                    new WeightMatrix("blk.0.attn_q.weight", TensorType.F32, 4, 32, arena.allocate(4 * 32 * 4)));
            var narrow = new Projection.Input.Plain(Activations.allocate(arena, 2, 16));
            var wide = new Projection.Input.Plain(Activations.allocate(arena, 2, 32));
            var output = List.of(new Projection.Product(matrix, Activations.allocate(arena, 2, 4)));
            var shortOutput = List.of(new Projection.Product(matrix, Activations.allocate(arena, 2, 3)));
            assertThrows(
                    IllegalArgumentException.class, () -> kernels.project(new Projection(narrow, output, false), 1));
            assertThrows(IllegalArgumentException.class, () -> kernels.project(new Projection(wide, output, false), 3));
            assertThrows(
                    IllegalArgumentException.class, () -> kernels.project(new Projection(wide, shortOutput, false), 1));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new WeightMatrix("blk.0.attn_k.weight", TensorType.F32, 4, 32, arena.allocate(100)));
        }
    }
}

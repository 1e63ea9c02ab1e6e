package moka.engine.kernel.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.kernel.Activations;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Projection;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Projections of every type at every width, against sums of exactly decoded weights in float64. */
class VectorKernelsTest {
    static Stream<Arguments> typesAndWidths() {
        List<Arguments> all = new ArrayList<>();
        for (int bits : new int[] {128, 256, 512}) {
            for (TensorType type : TensorType.values()) {
                all.add(Arguments.of(type, bits));
            }
        }
        return all.stream();
    }

    static Kernels kernels(WorkerTeam team, int bits) {
        return kernels(team, bits, Precision.FLOAT32);
    }

    private static Kernels kernels(WorkerTeam team, int bits, Precision precision) {
        Offer offer = new VectorKernelProvider().offer(new Request(team, precision, false, bits));
        if (offer instanceof Offer.Refused(String reason) && reason.startsWith("vectors of")) {
            Assumptions.abort("skipped at " + bits + " bits: " + reason);
        }
        return assertInstanceOf(Offer.Accepted.class, offer, offer.toString()).kernels();
    }

    @ParameterizedTest(name = "{0} at {1} bits")
    @MethodSource("typesAndWidths")
    void projectsAsExactlyDecodedWeightsDo(TensorType type, int bits) {
        var random = new SplittableRandom(type.id() * 1000L + bits);
        try (var team = new WorkerTeam(2);
                Kernels kernels = kernels(team, bits);
                Arena arena = Arena.ofShared()) {
            for (int round = 0; round < 6; round++) {
                int columns = type.blockElements() * (1 + random.nextInt(type.blockElements() == 1 ? 700 : Math.max(2, 1024 / type.blockElements())));
                int rows = 1 + random.nextInt(70);
                int tokens = round < 2 ? 1 : round < 4 ? 1 + random.nextInt(5) : 6 + random.nextInt(60);
                projects(kernels, arena, random, type, rows, columns, tokens);
            }
        }
    }

    /** One row, rows that no chunk or tile divides, one block, and columns that no vector divides. */
    @ParameterizedTest(name = "{0} at {1} bits")
    @MethodSource("typesAndWidths")
    void projectsOneRowAndRaggedRows(TensorType type, int bits) {
        var random = new SplittableRandom(type.id() * 1000L + bits + 1);
        int block = type.blockElements();
        try (var team = new WorkerTeam(2);
                Kernels kernels = kernels(team, bits);
                Arena arena = Arena.ofShared()) {
            for (int rows : new int[] {1, 7, 17, 49}) {
                for (int columns : new int[] {block == 1 ? 33 : block, block == 1 ? 97 : 3 * block}) {
                    for (int tokens : new int[] {1, 7}) {
                        projects(kernels, arena, random, type, rows, columns, tokens);
                    }
                }
            }
        }
    }

    private static void projects(
            Kernels kernels, Arena arena, SplittableRandom random, TensorType type, int rows, int columns, int tokens) {
        WeightMatrix weights = RandomWeights.matrix(arena, random, type, rows, columns);
        Activations input = Activations.allocate(arena, tokens, columns);
        Activations output = Activations.allocate(arena, tokens, rows);
        for (int t = 0; t < tokens; t++) {
            for (int i = 0; i < columns; i++) {
                input.set(t, i, (float) random.nextGaussian() * (random.nextInt(50) == 0 ? 30 : 1));
            }
            for (int i = 0; i < rows; i++) {
                output.set(t, i, 1f);
            }
        }
        MemorySegment bias = arena.allocate(4L * rows);
        for (int i = 0; i < rows; i++) {
            bias.set(ValueLayout.JAVA_FLOAT, 4L * i, i);
        }
        boolean add = random.nextBoolean();
        kernels.project(
                new Projection(
                        new Projection.Input.Plain(input),
                        List.of(new Projection.Product(kernels.prepare(weights), output, bias, 0.5f)),
                        add),
                tokens);
        var decoded = new float[columns];
        for (int r = 0; r < rows; r++) {
            TensorFormats.of(type).decode(weights.data(), r * weights.rowBytes(), columns, decoded, 0);
            for (int t = 0; t < tokens; t++) {
                double exact = 0;
                double magnitudes = 0;
                for (int i = 0; i < columns; i++) {
                    double product = (double) decoded[i] * input.get(t, i);
                    exact += product;
                    magnitudes += Math.abs(product);
                }
                double expected = (add ? 1 : 0) + 0.5 * exact + r;
                double tolerance = 1e-5 * (0.5 * magnitudes) + 1e-6 * (1 + r);
                double difference = Math.abs(expected - output.get(t, r));
                assertTrue(
                        difference <= tolerance,
                        type + " " + rows + " x " + columns + ", token " + t + " of " + tokens + ", row " + r
                                + ": expected " + expected + ", got " + output.get(t, r) + ", tolerance " + tolerance);
            }
        }
    }

    static Stream<Arguments> roundingTypesAndWidths() {
        return typesAndWidths().filter(it -> RowKernels.rounds((TensorType) it.get()[0], 1 << 20));
    }

    /**
     * Where that is allowed activations of a few tokens are rounded: those of a group have a scale, and their largest magnitude becomes the largest code. Those of
     * more tokens are not.
     */
    @ParameterizedTest(name = "{0} at {1} bits")
    @MethodSource("roundingTypesAndWidths")
    void roundsActivationsOfFewTokens(TensorType type, int bits) {
        var random = new SplittableRandom(type.id() * 1000L + bits);
        try (var team = new WorkerTeam(2);
                Kernels kernels = kernels(team, bits, Precision.FAST);
                Arena arena = Arena.ofShared()) {
            for (int columns : type.blockElements() == 32 ? new int[] {5120, 5152} : new int[] {5120, 5376}) {
                WeightMatrix weights = RandomWeights.matrix(arena, random, type, 19, columns);
                fillCodes(weights, 0, 0);
                fillCodes(weights, 1, -1);
                fillCodes(weights, 2, -128);
                var matrix = (VectorMatrix) kernels.prepare(weights);
                for (int tokens : new int[] {1, 3, 7}) {
                    Activations input = Activations.allocate(arena, tokens, columns);
                    Activations output = Activations.allocate(arena, tokens, 19);
                    for (int t = 0; t < tokens; t++) {
                        for (int i = 0; i < columns; i++) {
                            input.set(t, i, i < 256 ? 3 : i < 512 ? 0 : i < 768 ? 1e-35f : (float) random.nextGaussian() * (random.nextInt(50) == 0 ? 30 : 1));
                        }
                    }
                    kernels.project(new Projection(new Projection.Input.Plain(input), List.of(new Projection.Product(matrix, output)), false), tokens);
                    var decoded = new float[columns];
                    for (int row = 0; row < 19; row++) {
                        TensorFormats.of(type).decode(weights.data(), row * weights.rowBytes(), columns, decoded, 0);
                        for (int t = 0; t < tokens; t++) {
                            Sum sum = tokens < 7 ? roundedSum(decoded, input, t, (RoundedOrder) matrix.kernel().arrangement()) : exactSum(decoded, input, t);
                            double tolerance = (tokens < 7 ? 1e-6 : 1e-5) * sum.magnitudes;
                            assertEquals(sum.value, output.get(t, row), tolerance, columns + " columns, row " + row + ", token " + t + " of " + tokens);
                        }
                    }
                }
            }
        }
    }

    /** The same byte for all codes of a row's first 256 elements: with the activations there, sums become as large as they can. */
    private static void fillCodes(WeightMatrix weights, int row, int code) {
        TensorType type = weights.type();
        int from = switch (type) {
            case Q3_K, Q6_K -> 0;
            case Q2_K, Q4_K, Q5_K -> 16;
            default -> 2;
        };
        int to = switch (type) {
            case Q2_K -> 80;
            case Q3_K -> 96;
            case Q6_K -> 192;
            default -> type.blockBytes();
        };
        for (int block = 0; block < 256 / type.blockElements(); block++) {
            weights.data().asSlice(row * weights.rowBytes() + (long) block * type.blockBytes() + from, to - from).fill((byte) code);
        }
    }

    /** A product in float64, and what its terms add up to without their signs. */
    private record Sum(double value, double magnitudes) {}

    private static Sum exactSum(float[] weights, Activations input, int token) {
        double value = 0;
        double magnitudes = 0;
        for (int i = 0; i < weights.length; i++) {
            double product = (double) weights[i] * input.get(token, i);
            value += product;
            magnitudes += Math.abs(product);
        }
        return new Sum(value, magnitudes);
    }

    private static Sum roundedSum(float[] weights, Activations input, int token, RoundedOrder order) {
        double value = 0;
        double magnitudes = 0;
        for (int first = 0; first < weights.length; first += order.together()) {
            int end = Math.min(first + order.together(), weights.length);
            float largest = 0;
            for (int i = first; i < end; i++) {
                largest = Math.max(largest, Math.abs(input.get(token, i)));
            }
            for (int i = first; i < end; i++) {
                float inverse = order.most() / largest;
                double code = largest < 1e-30f ? 0 : Math.rint(input.get(token, i) * inverse);
                double product = weights[i] * code * (largest / order.most());
                value += product;
                magnitudes += Math.abs(product);
            }
        }
        return new Sum(value, magnitudes);
    }

    @ParameterizedTest(name = "{0} at {1} bits")
    @MethodSource("typesAndWidths")
    void decodesExactly(TensorType type, int bits) {
        try (var team = new WorkerTeam(1);
                Kernels kernels = kernels(team, bits);
                Arena arena = Arena.ofShared()) {
            int columns = 2048;
            WeightMatrix weights = RandomWeights.matrix(arena, new SplittableRandom(7), type, 3, columns);
            var matrix = (VectorMatrix) kernels.prepare(weights);
            var expected = new float[columns];
            var unpacked = new float[columns];
            for (int r = 0; r < 3; r++) {
                TensorFormats.of(type).decode(weights.data(), r * weights.rowBytes(), columns, expected, 0);
                matrix.unpack(r, 0, columns, unpacked, 0, new Scratch(arena));
                for (int i = 0; i < columns; i++) {
                    int element = matrix.kernel().order().element(i);
                    assertEquals(expected[element] + 0f, unpacked[i] + 0f, type + " row " + r + " element " + element);
                }
            }
        }
    }
}

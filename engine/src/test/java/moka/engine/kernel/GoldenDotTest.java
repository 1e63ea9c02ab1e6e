package moka.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.machine.MachineKernelProvider;
import moka.engine.kernel.machine.RoundedRow;
import moka.engine.kernel.scalar.RoundedActivations;
import moka.engine.kernel.scalar.ScalarProvider;
import moka.engine.kernel.vector.VectorKernelProvider;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.ActivationType;
import moka.engine.tensor.GoldenTensors;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Products and rounded activations of every set of kernels against those of the reference. */
class GoldenDotTest {
    private static final int ROW = GoldenTensors.ROW_LENGTH;

    /** What a set's results are held to. */
    enum Standard {
        /** Within 1e-5 of the sum of magnitudes of the product with unrounded activations. */
        EXACT,
        /** The same with activations rounded as the reference rounds them. */
        ROUNDED,
        /**
         * The same with activations rounded in a way of its own ({@link RoundedRow}), whose steps may be up to twice the reference's: all errors
         * together are held to twice the reference's.
         */
        ROUNDED_ITS_OWN_WAY,
        /**
         * With activations as they are, or rounded to steps of half of the reference's or less ({@code VectorKernelsTest} knows them). All rows of a type see the same few rounding
         * errors, so chance is large: all errors together are held to twice the reference's.
         */
        ROUNDED_FINELY
    }

    record Subject(KernelProvider provider, Precision precision, int vectorBits, Standard standard) {
        @Override
        public String toString() {
            return provider.name() + (vectorBits == 0 ? "" : "-" + vectorBits) + " " + precision;
        }

        Kernels kernels(WorkerTeam team) {
            return switch (provider.offer(new Request(team, precision, true, vectorBits))) {
                case Offer.Accepted(Kernels kernels) -> kernels;
                case Offer.Refused(String reason) -> Assumptions.abort("skipped " + this + ": " + reason);
            };
        }
    }

    static Stream<Subject> subjects() {
        var scalar = new ScalarProvider();
        var vector = new VectorKernelProvider();
        return Stream.of(
                new Subject(scalar, Precision.FLOAT32, 0, Standard.EXACT),
                new Subject(scalar, Precision.FAST, 0, Standard.ROUNDED),
                new Subject(vector, Precision.FLOAT32, 128, Standard.EXACT),
                new Subject(vector, Precision.FLOAT32, 256, Standard.EXACT),
                new Subject(vector, Precision.FLOAT32, 512, Standard.EXACT),
                new Subject(vector, Precision.FAST, 0, Standard.ROUNDED_FINELY),
                new Subject(new MachineKernelProvider(), Precision.FAST, 0, Standard.ROUNDED_ITS_OWN_WAY));
    }

    @TestFactory
    Stream<DynamicTest> productsKeepTheirStandard() {
        var golden = GoldenTensors.orSkip();
        List<JsonElement> types = golden.json("dot/dot.json").getAsJsonArray("types").asList();
        return subjects()
                .flatMap(subject -> types.stream()
                        .map(JsonElement::getAsJsonObject)
                        .map(entry -> DynamicTest.dynamicTest(
                                subject + " " + entry.get("name").getAsString(), () -> check(golden, entry, subject))));
    }

    private static void check(GoldenTensors golden, JsonObject entry, Subject subject) {
        TensorType type = TensorType.valueOf(entry.get("name").getAsString());
        float[][] products = products(golden, type, subject);
        JsonArray rows = entry.getAsJsonArray("rows");
        double ours = 0;
        double theirs = 0;
        for (int v = 0; v < 2; v++) {
            JsonObject vector = entry.getAsJsonArray("vectors").get(v).getAsJsonObject();
            for (int i = 0; i < rows.size(); i++) {
                double actual = products[v][rows.get(i).getAsInt()];
                String field = subject.standard == Standard.ROUNDED ? "rounded" : "exact";
                double expected = vector.getAsJsonArray(field).get(i).getAsDouble();
                double magnitudes = vector.getAsJsonArray(field + "_sum_abs").get(i).getAsDouble();
                if (subject.standard == Standard.ROUNDED_ITS_OWN_WAY || subject.standard == Standard.ROUNDED_FINELY) {
                    double rounded = vector.getAsJsonArray("rounded").get(i).getAsDouble();
                    ours += Math.pow((actual - expected) / magnitudes, 2);
                    theirs += Math.pow((rounded - expected) / magnitudes, 2);
                }
                if (subject.standard == Standard.ROUNDED_ITS_OWN_WAY) {
                    Sum sum = itsOwnWay(golden, type, v, rows.get(i).getAsInt());
                    assertEquals(sum.value, actual, 1e-5 * sum.magnitudes, "vector " + v + ", row " + i);
                } else if (subject.standard != Standard.ROUNDED_FINELY) {
                    assertEquals(expected, actual, 1e-5 * magnitudes, "vector " + v + ", row " + i);
                }
            }
        }
        // Squares: twice as coarse. Unrounded float types have an error of float32 sums only.
        assertTrue(ours <= 4 * theirs + 1e-10, "squared errors " + ours + ", reference " + theirs);
    }

    /** A product in float64, and what its terms add up to without their signs. */
    record Sum(double value, double magnitudes) {}

    /** A golden row times a vector of activations that is rounded as machine code rounds it. */
    static Sum itsOwnWay(GoldenTensors golden, TensorType type, int vector, int row) {
        float[] rounded = RoundedRow.of(type, Arrays.copyOfRange(golden.floats("activations.f32"), vector * ROW, (vector + 1) * ROW));
        float[] weights = golden.floats(type + ".f32");
        double value = 0;
        double magnitudes = 0;
        for (int i = 0; i < ROW; i++) {
            double product = (double) weights[row * ROW + i] * rounded[i];
            value += product;
            magnitudes += Math.abs(product);
        }
        return new Sum(value, magnitudes);
    }

    /** {@code [vector][row]} for all golden rows of a type. */
    static float[][] products(GoldenTensors golden, TensorType type, Subject subject) {
        float[] inputs = golden.floats("activations.f32");
        byte[] bytes = golden.bytes(type + ".bin");
        int rows = (int) (bytes.length / type.rowBytes(ROW));
        try (Arena arena = Arena.ofShared();
                var team = new WorkerTeam(2);
                Kernels kernels = subject.kernels(team)) {
            MemorySegment data = arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
            Activations input = Activations.allocate(arena, 2, ROW);
            input.write(0, 0, inputs, 0, ROW);
            input.write(1, 0, inputs, ROW, ROW);
            Activations output = Activations.allocate(arena, 2, rows);
            Matrix matrix = kernels.prepare(new WeightMatrix("golden", type, rows, ROW, data));
            var product = new Projection.Product(matrix, output);
            kernels.project(new Projection(new Projection.Input.Plain(input), List.of(product), false), 2);
            var products = new float[2][rows];
            output.read(0, 0, products[0], 0, rows);
            output.read(1, 0, products[1], 0, rows);
            return products;
        }
    }

    @TestFactory
    Stream<DynamicTest> roundsActivationsToTheGoldenBytes() {
        var golden = GoldenTensors.orSkip();
        float[] inputs = golden.floats("activations.f32");
        return Stream.of(ActivationType.values())
                .filter(type -> type != ActivationType.F32)
                .map(type -> DynamicTest.dynamicTest(type.name(), () -> {
                    MemorySegment blocks = MemorySegment.ofArray(golden.bytes("dot/activations." + type + ".bin"));
                    var expected = new float[2 * ROW];
                    TensorFormats.of(TensorType.valueOf(type.name())).decode(blocks, 0, 2 * ROW, expected, 0);
                    var rounded = new RoundedActivations();
                    rounded.resize(type, 2, ROW);
                    rounded.round(0, inputs, 0);
                    rounded.round(1, inputs, ROW);
                    var actual = new float[2 * ROW];
                    for (int i = 0; i < actual.length; i++) {
                        actual[i] = rounded.value(i / ROW, i % ROW);
                    }
                    assertArrayEquals(expected, actual);
                    assertEquals(type.name().startsWith("Q8"), rounded.hasCodes());
                }));
    }
}

package moka.engine.kernel.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import moka.engine.kernel.Activations;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.Projection;
import moka.engine.kernel.WeightMatrix;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.ActivationType;
import moka.engine.tensor.GoldenTensors;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Products and rounded activations against those of the reference. */
class GoldenDotTest {
    private static final int ROW = GoldenTensors.ROW_LENGTH;

    @TestFactory
    Stream<DynamicTest> dotProductsAreWithinAHundredThousandthOfTheSumOfMagnitudes() {
        var golden = GoldenTensors.orSkip();
        JsonArray types = golden.json("dot/dot.json").getAsJsonArray("types");
        float[] inputs = golden.floats("activations.f32");
        return StreamSupport.stream(types.spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .flatMap(entry -> Stream.of(Precision.values())
                        .map(precision -> DynamicTest.dynamicTest(
                                entry.get("name").getAsString() + " " + precision,
                                () -> check(golden, entry, inputs, precision))));
    }

    private static void check(GoldenTensors golden, JsonObject entry, float[] inputs, Precision precision) {
        TensorType type = TensorType.valueOf(entry.get("name").getAsString());
        MemorySegment data = MemorySegment.ofArray(golden.bytes(type + ".bin"));
        int rows = (int) (data.byteSize() / type.rowBytes(ROW));
        try (Arena arena = Arena.ofShared();
                var team = new WorkerTeam(2);
                var kernels = new ScalarKernels(team, precision)) {
            Activations input = Activations.allocate(arena, 2, ROW);
            input.write(0, 0, inputs, 0, ROW);
            input.write(1, 0, inputs, ROW, ROW);
            Activations output = Activations.allocate(arena, 2, rows);
            var matrix = kernels.prepare(new WeightMatrix("golden", type, rows, ROW, data));
            var product = new Projection.Product(matrix, output);
            kernels.project(new Projection(new Projection.Input.Plain(input), List.of(product), false), 2);

            String field = precision == Precision.FAST ? "rounded" : "exact";
            JsonArray goldenRows = entry.getAsJsonArray("rows");
            for (JsonElement vector : entry.getAsJsonArray("vectors")) {
                int v = vector.getAsJsonObject().get("vector").getAsInt();
                JsonArray expected = vector.getAsJsonObject().getAsJsonArray(field);
                JsonArray sums = vector.getAsJsonObject().getAsJsonArray(field + "_sum_abs");
                for (int i = 0; i < goldenRows.size(); i++) {
                    double tolerance = 1e-5 * sums.get(i).getAsDouble();
                    float actual = output.get(v, goldenRows.get(i).getAsInt());
                    assertEquals(expected.get(i).getAsDouble(), actual, tolerance, "vector " + v + ", row " + i);
                }
            }
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
                    assertTrue(rounded.hasCodes() == type.name().startsWith("Q8"));
                }));
    }
}

package moka.quantize.search;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Source of the reference errors: {@code shared/own/tensor-types} (ggml of llama.cpp v0.5.0). */
class GoldenSearchTest {
    @TestFactory
    Stream<DynamicTest> errorIsNotLargerThanTheReferencesWithoutWeights() {
        return GoldenInputs.references(false).stream()
                .filter(it -> BlockQuantizers.of(it.type()).isPresent())
                .map(it -> DynamicTest.dynamicTest(it.type().name(), () -> check(it, GoldenInputs.ones())));
    }

    @TestFactory
    Stream<DynamicTest> weightedErrorIsNotLargerThanTheReferencesWithWeights() {
        return GoldenInputs.references(true).stream()
                .filter(it -> BlockQuantizers.of(it.type()).isPresent())
                .map(it -> DynamicTest.dynamicTest(it.type().name(), () -> check(it, GoldenInputs.importance())));
    }

    private static void check(GoldenInputs.Reference reference, float[] weights) {
        double error = Arrays.stream(errors(reference.type(), weights)).sum();
        assertTrue(
                error <= reference.error(),
                () -> "error " + error + ", the reference's " + reference.error() + " (" + error / reference.error() + ")");
    }

    /** Weighted squared error of each judged row. */
    static double[] errors(TensorType type, float[] weights) {
        float[] values = GoldenInputs.values();
        BlockQuantizer quantizer = BlockQuantizers.of(type).orElseThrow();
        byte[] bytes = new byte[(int) type.rowBytes(GoldenInputs.COLUMNS)];
        float[] row = new float[GoldenInputs.COLUMNS];
        float[] decoded = new float[GoldenInputs.COLUMNS];
        double[] errors = new double[GoldenInputs.JUDGED_ROWS];
        for (int i = 0; i < errors.length; i++) {
            System.arraycopy(values, i * row.length, row, 0, row.length);
            quantizer.quantize(row, weights, 0, row.length / type.blockElements(), bytes, 0);
            TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, row.length, decoded, 0);
            for (int j = 0; j < row.length; j++) {
                double difference = (double) decoded[j] - row[j];
                errors[i] += weights[j] * difference * difference;
            }
        }
        return errors;
    }
}

package moka.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import moka.testing.SharedData;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RowQuantizerTest {
    /** Source: {@code shared/own/tensor-types} (ggml of llama.cpp v0.5.0). */
    @TestFactory
    Stream<DynamicTest> roundsToTheReferencesBytes() {
        JsonObject index = SharedData.json(SharedData.require("own/tensor-types/index.json"))
                .getAsJsonObject()
                .getAsJsonObject("quantization");
        return index.getAsJsonArray("round_to_nearest").asList().stream()
                .map(it -> TensorType.valueOf(it.getAsJsonObject().get("name").getAsString()))
                .map(type -> DynamicTest.dynamicTest(type.name(), () -> {
                    byte[] expected = Files.readAllBytes(SharedData.require("own/tensor-types/quant/" + type + ".bin"));
                    ByteBuffer inputs = ByteBuffer.wrap(
                                    Files.readAllBytes(SharedData.require("own/tensor-types/inputs.f32")))
                            .order(ByteOrder.LITTLE_ENDIAN);
                    int rows = expected.length / (int) type.rowBytes(1024);
                    float[] values = new float[rows * 1024];
                    inputs.asFloatBuffer().get(values);
                    byte[] bytes = new byte[expected.length];
                    new RowQuantizer(type).quantize(values, 0, rows, 1024, null, bytes, 0);
                    if (type == TensorType.Q8_K) {
                        return; // the sums of a block of zeros are left unwritten in the reference; never stored in files
                    }
                    assertArrayEquals(expected, bytes);
                }));
    }

    @Test
    void everyStorageTypeQuantizes() {
        for (TensorType type : TensorType.values()) {
            boolean integers = List.of(TensorType.I8, TensorType.I16, TensorType.I32, TensorType.I64).contains(type);
            assertEquals(!integers, RowQuantizer.canQuantize(type), type.name());
        }
        assertThrows(IllegalArgumentException.class, () -> new RowQuantizer(TensorType.I8));
    }

    @Test
    void rowsDoNotDependOnTheirNeighbours() {
        SplittableRandom random = new SplittableRandom(1);
        float[] values = new float[8 * 512];
        float[] importance = new float[512];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
            importance[i % 512] = random.nextFloat();
        }
        for (TensorType type : TensorType.values()) {
            if (!RowQuantizer.canQuantize(type)) {
                continue;
            }
            int rowBytes = (int) type.rowBytes(512);
            byte[] together = new byte[8 * rowBytes];
            new RowQuantizer(type).quantize(values, 0, 8, 512, importance, together, 0);
            byte[] apart = new byte[8 * rowBytes];
            RowQuantizer quantizer = new RowQuantizer(type);
            for (int row = 7; row >= 0; row--) {
                quantizer.quantize(values, 512 * row, 1, 512, importance, apart, row * rowBytes);
            }
            assertArrayEquals(together, apart, type.name());
        }
    }

    @Test
    void zerosStayZeros() {
        for (TensorType type : TensorType.values()) {
            if (!RowQuantizer.usesWeights(type)) {
                continue;
            }
            byte[] bytes = new byte[(int) type.rowBytes(256)];
            float[] importance = new float[256];
            Arrays.fill(importance, 1);
            new RowQuantizer(type).quantize(new float[256], 0, 1, 256, importance, bytes, 0);
            float[] decoded = new float[256];
            TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, 256, decoded, 0);
            for (float value : decoded) {
                assertEquals(0f, value, 0f, type.name());
            }
        }
    }

    @Test
    void weightsMoveTheErrorToWhereItCountsLess() {
        SplittableRandom random = new SplittableRandom(2);
        float[] values = new float[1024];
        float[] importance = new float[1024];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
            importance[i] = i % 2 == 0 ? 100 : 1;
        }
        for (TensorType type : TensorType.values()) {
            if (RowQuantizer.usesWeights(type)) {
                double plain = evenError(type, values, null);
                double weighted = evenError(type, values, importance);
                assertTrue(weighted < plain, () -> type + ": " + weighted + " with weights, " + plain + " without");
            }
        }
    }

    private static double evenError(TensorType type, float[] values, float[] importance) {
        byte[] bytes = new byte[(int) type.rowBytes(values.length)];
        new RowQuantizer(type).quantize(values, 0, 1, values.length, importance, bytes, 0);
        float[] decoded = new float[values.length];
        TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, values.length, decoded, 0);
        double error = 0;
        for (int i = 0; i < values.length; i += 2) {
            error += Math.pow(decoded[i] - values[i], 2);
        }
        return error;
    }
}

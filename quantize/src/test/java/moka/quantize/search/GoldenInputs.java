package moka.quantize.search;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import moka.gguf.TensorType;
import moka.testing.SharedData;

/** The rows of {@code shared/own/tensor-types} and what the reference's quantizers make of them. */
final class GoldenInputs {
    static final int COLUMNS = 1024;

    /** Rows by which a searching quantizer is judged. */
    static final int JUDGED_ROWS = 7;

    private GoldenInputs() {}

    /** @param error sum over the judged rows: weighted where it had weights */
    record Reference(TensorType type, boolean weighted, double error) {}

    static float[] values() {
        return floats("inputs.f32");
    }

    static float[] importance() {
        return floats("importance.f32");
    }

    static List<Reference> references(boolean weighted) {
        JsonObject index = SharedData.json(SharedData.require("own/tensor-types/index.json"))
                .getAsJsonObject()
                .getAsJsonObject("quantization");
        String kind = weighted ? "importance" : "plain";
        return index.getAsJsonArray("searched").asList().stream()
                .map(it -> it.getAsJsonObject())
                .filter(it -> it.has(kind))
                .map(it -> {
                    JsonArray errors = it.getAsJsonObject(kind)
                            .getAsJsonArray(weighted ? "weighted_squared_error" : "squared_error");
                    double sum = 0;
                    for (int row = 0; row < JUDGED_ROWS; row++) {
                        sum += errors.get(row).getAsDouble();
                    }
                    return new Reference(TensorType.valueOf(it.get("name").getAsString()), weighted, sum);
                })
                .toList();
    }

    static float[] floats(String file) {
        Path path = SharedData.require("own/tensor-types/" + file);
        try {
            var buffer = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
            float[] floats = new float[buffer.remaining() / 4];
            buffer.asFloatBuffer().get(floats);
            return floats;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static float[] ones() {
        float[] ones = new float[COLUMNS];
        Arrays.fill(ones, 1);
        return ones;
    }
}

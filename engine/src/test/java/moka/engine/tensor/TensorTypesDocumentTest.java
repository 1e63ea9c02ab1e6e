package moka.engine.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;

/**
 * Holds the table of {@code docs/tensor-types.md} to the code, and measures its column of errors: three golden rows
 * of Gaussian weights (deviations 0.02, 0.05 and 1), rounded to nearest where the type has such a rule, else as the
 * reference's searching quantizer left them.
 */
class TensorTypesDocumentTest {
    private static final int ROW = GoldenTensors.ROW_LENGTH;
    private static final int GAUSSIAN_ROWS = 3;

    @Test
    void tableOfTypesIsUpToDate() throws IOException {
        var golden = GoldenTensors.orSkip();
        Map<TensorType, String> errors = errors(golden);
        var expected = new ArrayList<String>();
        for (TensorType type : TensorType.values()) {
            TensorFormat format = TensorFormats.of(type);
            TensorFormat.IntegerForm form = format.integerForm();
            expected.add(String.format(
                    Locale.ROOT,
                    "| %s | %d | %d | %d | %s | %s | %s | %s | %s |",
                    type,
                    type.id(),
                    type.blockElements(),
                    type.blockBytes(),
                    String.valueOf(type.bitsPerWeight()).replaceAll("\\.0$", ""),
                    form == null ? "" : form.groupLength() + (form.hasMinimums() ? ", min" : ""),
                    form == null ? "" : form.smallestCode() + " .. " + form.largestCode(),
                    format.activation(),
                    errors.getOrDefault(type, "")));
        }
        List<String> found = Files.readAllLines(document()).stream()
                .filter(line -> line.matches("\\| [A-Z0-9_]+ \\| \\d+ \\|.*"))
                .toList();
        assertEquals(String.join("\n", expected), String.join("\n", found));
    }

    private static Map<TensorType, String> errors(GoldenTensors golden) {
        JsonObject quantization = golden.json("index.json").getAsJsonObject("quantization");
        float[] inputs = Arrays.copyOf(golden.floats("inputs.f32"), GAUSSIAN_ROWS * ROW);
        var errors = new TreeMap<TensorType, String>();
        for (JsonElement element : quantization.getAsJsonArray("searched")) {
            TensorType type = TensorType.valueOf(element.getAsJsonObject().get("name").getAsString());
            JsonObject kinds = element.getAsJsonObject();
            String kind = kinds.has("plain") && kinds.get("plain").isJsonObject() ? "plain" : "importance";
            byte[] blocks = golden.bytes("quant/" + type + "." + kind + ".bin");
            String error = percent(inputs, decoded(type, MemorySegment.ofArray(blocks)));
            errors.put(type, error + (kind.equals("plain") ? " ¹" : " ²"));
        }
        for (TensorType type : TensorType.values()) {
            if (TensorFormats.of(type).quantizes()) {
                MemorySegment blocks = MemorySegment.ofArray(new byte[(int) type.rowBytes(inputs.length)]);
                TensorFormats.of(type).quantize(inputs, 0, inputs.length, blocks, 0);
                errors.put(type, percent(inputs, decoded(type, blocks)));
            }
        }
        return errors;
    }

    private static float[] decoded(TensorType type, MemorySegment blocks) {
        var values = new float[GAUSSIAN_ROWS * ROW];
        TensorFormats.of(type).decode(blocks, 0, values.length, values, 0);
        return values;
    }

    /** Root of the relative squared error, the mean of the rows' squares, with two digits. */
    private static String percent(float[] expected, float[] actual) {
        double mean = 0;
        for (int row = 0; row < GAUSSIAN_ROWS; row++) {
            double errors = 0;
            double squares = 0;
            for (int i = row * ROW; i < (row + 1) * ROW; i++) {
                errors += Math.pow((double) actual[i] - expected[i], 2);
                squares += Math.pow(expected[i], 2);
            }
            mean += errors / squares / GAUSSIAN_ROWS;
        }
        double percent = 100 * Math.sqrt(mean);
        return percent == 0 ? "0" : new BigDecimal(percent)
                .round(new MathContext(2))
                .toPlainString();
    }

    private static Path document() {
        Path place = Path.of("").toAbsolutePath();
        while (!Files.exists(place.resolve("docs/tensor-types.md"))) {
            place = place.getParent();
        }
        return place.resolve("docs/tensor-types.md");
    }
}

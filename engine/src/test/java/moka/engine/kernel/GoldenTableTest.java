package moka.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.vector.VectorKernelProvider;
import moka.engine.runtime.WorkerTeam;
import moka.engine.tensor.GoldenTensors;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;

/**
 * Writes {@code target/golden-table.md}: for each type the golden rows, and how far decoding and products of each set of kernels are from the
 * reference. {@code mvn -pl engine -am test -Dtest=GoldenTableTest -Dsurefire.failIfNoSpecifiedTests=false}
 */
class GoldenTableTest {
    private static final int ROW = GoldenTensors.ROW_LENGTH;
    private static final int[] WIDTHS = {128, 256, 512};

    @Test
    void decodesEveryGoldenRowExactlyAtEveryWidth() throws IOException {
        var golden = GoldenTensors.orSkip();
        var lines = new ArrayList<String>();
        List<GoldenDotTest.Subject> subjects = GoldenDotTest.subjects().toList();
        lines.add("Decoding: exact, or the largest difference (vector sets: in rows without infinity and NaN). Products: largest difference by the sum of magnitudes, to exact activations,"
                + " for `scalar FAST` to those rounded as the reference rounds them, for `machine` to those rounded as machine code does. Last two columns: what these two"
                + " roundings are from exact activations.");
        lines.add("");
        lines.add("| type | rows | scalar | vector 128 | 256 | 512 | " + String.join(" | ", subjects.stream()
                .map(Object::toString)
                .toList()) + " | rounding, reference | rounding, machine |");
        lines.add("|---" + "|---".repeat(7 + subjects.size()) + "|");
        var inexact = new ArrayList<String>();
        JsonArray types = golden.json("dot/dot.json").getAsJsonArray("types");
        for (JsonElement entry : types) {
            lines.add(line(golden, entry.getAsJsonObject(), subjects, inexact));
        }
        lines.add("");
        lines.add(types.size() + " types, inexact: " + (inexact.isEmpty() ? "none" : String.join(", ", inexact)));
        Path target = Path.of("target");
        Files.createDirectories(target);
        Files.write(target.resolve("golden-table.md"), lines);
        assertEquals(List.of(), inexact);
    }

    private static String line(
            GoldenTensors golden, JsonObject entry, List<GoldenDotTest.Subject> subjects, List<String> inexact) {
        TensorType type = TensorType.valueOf(entry.get("name").getAsString());
        byte[] bytes = golden.bytes(type + ".bin");
        float[] expected = golden.floats(type + ".f32");
        var line = new StringBuilder("| " + type + " | " + expected.length / ROW);
        var scalar = new float[expected.length];
        TensorFormats.of(type).decode(MemorySegment.ofArray(bytes), 0, scalar.length, scalar, 0);
        line.append(" | ").append(difference(expected, scalar, type + " scalar", inexact));
        for (int bits : WIDTHS) {
            Offer offer;
            try (var team = new WorkerTeam(2)) {
                offer = new VectorKernelProvider().offer(new Request(team, Precision.FLOAT32, false, bits));
                if (offer instanceof Offer.Accepted(Kernels kernels)) {
                    float[] found = decoded(kernels, type, bytes, expected.length / ROW);
                    line.append(" | ").append(difference(finite(expected, expected), finite(expected, found), type + " at " + bits + " bits", inexact));
                    kernels.close();
                } else {
                    line.append(" | not here");
                }
            }
        }
        for (GoldenDotTest.Subject subject : subjects) {
            line.append(" | ").append(String.format(Locale.ROOT, "%.1e", product(golden, entry, type, subject)));
        }
        double reference = largest(entry, (vector, row, sums) -> sums.difference(sums.get("rounded"), "exact"));
        double machine = largest(entry, (vector, row, sums) -> sums.difference(GoldenDotTest.itsOwnWay(golden, type, vector, row).value(), "exact"));
        return line + String.format(Locale.ROOT, " | %.1e | %.1e |", reference, machine);
    }

    /** What the kernel for many tokens decodes: products with a token for each column that is 1 there and 0 elsewhere. */
    private static float[] decoded(Kernels kernels, TensorType type, byte[] bytes, int rows) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment data = arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
            Activations input = Activations.allocate(arena, ROW, ROW);
            Activations output = Activations.allocate(arena, ROW, rows);
            for (int i = 0; i < ROW; i++) {
                input.set(i, i, 1f);
            }
            Matrix matrix = kernels.prepare(new WeightMatrix("golden", type, rows, ROW, data));
            var product = new Projection.Product(matrix, output);
            kernels.project(new Projection(new Projection.Input.Plain(input), List.of(product), false), ROW);
            var decoded = new float[rows * ROW];
            for (int row = 0; row < rows; row++) {
                for (int i = 0; i < ROW; i++) {
                    decoded[row * ROW + i] = output.get(i, row);
                }
            }
            return decoded;
        }
    }

    /** Rows of {@code values} where all of {@code expected} are finite: elsewhere 0 times infinity spoils the products. */
    private static float[] finite(float[] expected, float[] values) {
        var kept = new float[values.length];
        for (int row = 0; row < expected.length; row += ROW) {
            boolean finite = true;
            for (int i = row; i < row + ROW; i++) {
                finite &= Float.isFinite(expected[i]);
            }
            if (finite) {
                System.arraycopy(values, row, kept, row, ROW);
            }
        }
        return kept;
    }

    private static String difference(float[] expected, float[] found, String what, List<String> inexact) {
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            boolean same = expected[i] == found[i] || Float.isNaN(expected[i]) && Float.isNaN(found[i]);
            if (!same) {
                largest = Math.max(largest, Math.abs((double) expected[i] - found[i]));
            }
        }
        if (largest == 0) {
            return "exact";
        }
        inexact.add(what);
        return String.format(Locale.ROOT, "%.1e", largest);
    }

    /** The largest difference of a set's products to what it is held to. */
    private static double product(GoldenTensors golden, JsonObject entry, TensorType type, GoldenDotTest.Subject subject) {
        float[][] products = GoldenDotTest.products(golden, type, subject);
        return largest(entry, (vector, row, sums) -> {
            double found = products[vector][row];
            return switch (subject.standard()) {
                case EXACT, ROUNDED_FINELY -> sums.difference(found, "exact");
                case ROUNDED -> sums.difference(found, "rounded");
                case ROUNDED_ITS_OWN_WAY -> {
                    GoldenDotTest.Sum sum = GoldenDotTest.itsOwnWay(golden, type, vector, row);
                    yield sum.magnitudes() == 0 ? 0 : Math.abs(found - sum.value()) / sum.magnitudes();
                }
            };
        });
    }

    /** Products of the reference for one row and vector. */
    private record Sums(JsonObject vector, int index) {
        double get(String field) {
            return vector.getAsJsonArray(field).get(index).getAsDouble();
        }

        double difference(double found, String field) {
            double magnitudes = get(field + "_sum_abs");
            return magnitudes == 0 ? 0 : Math.abs(found - get(field)) / magnitudes;
        }
    }

    private interface Difference {
        double of(int vector, int row, Sums sums);
    }

    private static double largest(JsonObject entry, Difference difference) {
        JsonArray rows = entry.getAsJsonArray("rows");
        double largest = 0;
        for (int v = 0; v < 2; v++) {
            JsonObject vector = entry.getAsJsonArray("vectors").get(v).getAsJsonObject();
            for (int i = 0; i < rows.size(); i++) {
                largest = Math.max(largest, difference.of(v, rows.get(i).getAsInt(), new Sums(vector, i)));
            }
        }
        return largest;
    }
}

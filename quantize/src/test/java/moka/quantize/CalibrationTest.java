package moka.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import moka.engine.ModelOptions;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    /** Source: {@code pebble-imatrix.gguf} of {@code shared/own/models}, made by llama-imatrix over the same text: here its first windows only. */
    @Test
    void measuresAboutWhatTheReferenceMeasuredOnTheWholeText() throws IOException {
        ImportanceMatrix reference = ImportanceMatrix.read(SharedData.require("own/models/pebble-imatrix.gguf"));
        String text = Files.readString(SharedData.require("own/models/train-sample.txt"));
        Calibration calibration = new Calibration(
                SharedData.require("own/models/pebble-F16.gguf"), ModelOptions.DEFAULT.withThreads(2), text, 256, 12, true);
        ImportanceMatrix measured = calibration.importance("train-sample.txt", false, (done, total) -> {});
        assertEquals(reference.entries().keySet(), measured.entries().keySet());
        assertEquals(12, measured.chunkCount());
        for (String matrix : reference.entries().keySet()) {
            assertEquals(12 * 256, measured.entries().get(matrix).counts()[0]);
            double cosine = cosine(
                    reference.weights(matrix).orElseThrow(), measured.weights(matrix).orElseThrow());
            assertTrue(cosine > 0.97, matrix + ": cosine " + cosine);
        }
    }

    @Test
    void cutsATextAtTheEndOfALineOrOfAWord() {
        assertEquals(List.of("one two\nthree\n", "four\n"), parts("one two\nthree\nfour\n", 0.5));
        assertEquals(List.of("one two three ", "four\n"), parts("one two three four\n", 0.6));
        assertEquals(List.of("ab\uD83D\uDE00", "\uD83D\uDE00cdefg"), parts("ab\uD83D\uDE00\uD83D\uDE00cdefg", 0.5));
        assertEquals(List.of("", ""), parts("", 0.5));
        assertEquals(List.of("", "a"), parts("a", 0.5));
    }

    private static List<String> parts(String text, double share) {
        var all = new Calibration(Path.of("model.gguf"), ModelOptions.DEFAULT, text, 512, -1, false);
        return List.of(all.part(0, share).text(), all.part(share, 1).text());
    }

    private static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }
}

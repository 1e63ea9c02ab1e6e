package moka.quantize.quality;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import moka.quantize.QuantizeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DivergenceTest {
    @TempDir
    Path folder;

    private static float[] logs(double... probabilities) {
        float[] logs = new float[probabilities.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = (float) Math.log(probabilities[i]);
        }
        return logs;
    }

    @Test
    void ofTwoCoinsByHand() {
        Divergence divergence = new Divergence();
        divergence.add(logs(0.75, 0.25), logs(0.5, 0.5), 0);
        Divergence.Summary summary = divergence.summary();
        assertEquals(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), summary.divergence().value(), 1e-6);
        assertEquals(2, summary.perplexity().value(), 1e-6);
        assertEquals(4.0 / 3, summary.basePerplexity().value(), 1e-6);
        assertEquals(0.25, summary.probabilityDifference().value(), 1e-6);
        assertEquals(1, summary.sameTop().value());
    }

    @Test
    void logitsNeedNotBeNormalized() {
        Divergence divergence = new Divergence();
        float[] logits = logs(0.2, 0.3, 0.5);
        for (int i = 0; i < 3; i++) {
            logits[i] += 7;
        }
        divergence.add(logs(0.2, 0.3, 0.5), logits, 1);
        assertEquals(0, divergence.summary().divergence().value(), 1e-6);
    }

    @Test
    void meanAndStandardErrorOfKnownNumbers() {
        Mean mean = Mean.of(1 + 2 + 3 + 4, 1 + 4 + 9 + 16, 4);
        assertEquals(2.5, mean.value());
        assertEquals(Math.sqrt(1.25 / 3), mean.error(), 1e-12);
        assertEquals(Math.sqrt(0.25 * 0.75 / 3), Mean.ofShare(1, 4).error(), 1e-12);
    }

    @Test
    void percentilesLieBetweenRanks() {
        Divergence divergence = new Divergence();
        for (int i = 0; i <= 1500; i++) {
            double p = 0.5 + i / 4000.0;
            divergence.add(logs(p, 1 - p), logs(0.5, 0.5), 0);
        }
        double largest = 0.875 * Math.log(1.75) + 0.125 * Math.log(0.25);
        assertEquals(largest, divergence.summary().largest(), 1e-5);
        assertTrue(divergence.summary().median() < divergence.summary().percentile99());
        assertTrue(divergence.summary().percentile99() < divergence.summary().percentile999());
    }

    private TextWindows windows() {
        return new TextWindows(new int[] {1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1}, 6);
    }

    @Test
    void baseFileGivesBackLogProbabilitiesWithinItsStep() throws IOException {
        Path path = folder.resolve("base.kld");
        SplittableRandom random = new SplittableRandom(3);
        float[][] rows = new float[4][5];
        try (BaseLogits.Writer writer = new BaseLogits.Writer(path, windows(), 5)) {
            for (float[] row : rows) {
                for (int i = 0; i < 5; i++) {
                    row[i] = (float) (random.nextDouble() * 10 - 20);
                }
                writer.score(row, 0);
            }
            assertFalse(Files.exists(path));
            writer.commit();
        }
        try (BaseLogits.Reader reader = new BaseLogits.Reader(path)) {
            assertEquals(5, reader.vocabulary());
            assertArrayEquals(windows().tokens(), reader.windows().tokens());
            float[] read = new float[5];
            for (float[] row : rows) {
                reader.next(read);
                double sum = 0;
                for (int i = 0; i < 5; i++) {
                    sum += Math.exp(read[i]);
                    assertEquals(row[i] - row[0], read[i] - read[0], 2e-4);
                }
                assertEquals(1, sum, 1e-3);
            }
            assertThrows(QuantizeException.class, () -> reader.next(read));
        }
    }

    /** Sizes in the head decide over memory, and tokens over places in a row. */
    @Test
    void refusesABaseFileWhoseHeadLies() throws IOException {
        int[][] heads = {{6, Integer.MAX_VALUE, 1}, {6, 1 << 30, 1}, {6, 1 << 20, 1}, {Integer.MAX_VALUE, 2, 1}, {1 << 16, 2, 1 << 16}, {6, 2, 0}, {3, 2, 1}, {6, 0, 1}};
        for (int[] head : heads) {
            assertRefused(head, new int[6]);
        }
        assertRefused(new int[] {6, 2, 1}, new int[] {0, 0, 0, 0, 0, 2});
        assertRefused(new int[] {6, 2, 1}, new int[] {-1, 0, 0, 0, 0, 0});
    }

    private void assertRefused(int[] head, int[] tokens) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put("_logits_".getBytes(StandardCharsets.US_ASCII));
        Arrays.stream(head).forEach(bytes::putInt);
        Arrays.stream(tokens).forEach(bytes::putInt);
        Path path = Files.write(folder.resolve("lies.kld"), bytes.array());
        String line = assertThrows(QuantizeException.class, () -> new BaseLogits.Reader(path)).getMessage();
        assertTrue(line.startsWith("lies.kld: damaged: "), line);
    }

    @Test
    void everyCutOfABaseFileIsRefused() throws IOException {
        Path path = folder.resolve("base.kld");
        try (BaseLogits.Writer writer = new BaseLogits.Writer(path, windows(), 2)) {
            for (int i = 0; i < 4; i++) {
                writer.score(new float[] {1, 2}, 0);
            }
            writer.commit();
        }
        byte[] whole = Files.readAllBytes(path);
        for (int length = 0; length < whole.length; length++) {
            Files.write(path, Arrays.copyOf(whole, length));
            assertThrows(QuantizeException.class, () -> {
                try (BaseLogits.Reader reader = new BaseLogits.Reader(path)) {
                    for (int i = 0; i < 4; i++) {
                        reader.next(new float[2]);
                    }
                }
            });
        }
    }
}

package moka.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportanceMatrixTest {
    @TempDir
    Path folder;

    private static final ImportanceMatrix SMALL = new ImportanceMatrix(
            Map.of("blk.0.ffn_up_exps.weight", new ImportanceMatrix.Entry(new float[] {2, 4, 6, 8}, new float[] {2, 0})),
            List.of("a.txt"), 3, 512, "small.gguf");

    /** Source: {@code shared/own/models}, made by llama-imatrix of llama.cpp v0.5.0. */
    @Test
    void readsTheReferencesFile() {
        ImportanceMatrix matrix = ImportanceMatrix.read(SharedData.require("own/models/pebble-imatrix.gguf"));
        assertEquals(42, matrix.entries().size());
        assertEquals(195, matrix.chunkCount());
        assertEquals(6541.2314f / 49920, matrix.weights("blk.0.attn_k.weight").orElseThrow()[0], 1e-6f);
    }

    @Test
    void comesBackFromAFileAsItWas() {
        Path path = folder.resolve("small.gguf");
        SMALL.write(path);
        ImportanceMatrix back = ImportanceMatrix.read(path);
        assertEquals(List.of("a.txt"), back.datasets());
        assertEquals(512, back.chunkSize());
        assertArrayEquals(
                SMALL.entries().get("blk.0.ffn_up_exps.weight").sums(),
                back.entries().get("blk.0.ffn_up_exps.weight").sums());
    }

    @Test
    void weightsAreMeansAndOneForAnExpertThatSawNothing() {
        assertArrayEquals(new float[] {1, 2, 1, 1}, SMALL.weights("blk.0.ffn_up_exps.weight").orElseThrow());
    }

    @Test
    void mergingAddsSums() {
        ImportanceMatrix both = SMALL.merge(SMALL);
        assertArrayEquals(new float[] {4, 8, 12, 16}, both.entries().get("blk.0.ffn_up_exps.weight").sums());
        assertEquals(6, both.chunkCount());
    }

    private static byte[] binary() {
        ByteBuffer bytes = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(1).putInt(3).put("abc".getBytes(StandardCharsets.UTF_8)).putInt(5).putInt(2);
        bytes.putFloat(10).putFloat(20).putInt(7).putInt(4).put("text".getBytes(StandardCharsets.UTF_8));
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    @Test
    void readsTheOlderBinaryFormat() throws IOException {
        Path path = Files.write(folder.resolve("old.dat"), binary());
        ImportanceMatrix matrix = ImportanceMatrix.read(path);
        assertArrayEquals(new float[] {2, 4}, matrix.weights("abc").orElseThrow());
        assertEquals(7, matrix.chunkCount());
        assertEquals(List.of("text"), matrix.datasets());
    }

    @Test
    void everyCutOfABinaryFileIsRefusedOrReadsWithoutItsTail() throws IOException {
        byte[] whole = binary();
        for (int length = 0; length < whole.length; length++) {
            Path path = Files.write(folder.resolve("cut.dat"), Arrays.copyOf(whole, length));
            try {
                assertEquals(1, ImportanceMatrix.read(path).entries().size());
            } catch (QuantizeException e) {
                assertTrue(e.getMessage().startsWith("cut.dat: no importance matrix"), e.getMessage());
            }
        }
    }

    /** A file with a hole: nothing of it lies on the disk. */
    @Test
    void refusesMoreThanAMatrixCanBe() throws IOException {
        Path path = Files.write(folder.resolve("large.dat"), binary());
        try (var hole = new RandomAccessFile(path.toFile(), "rw")) {
            hole.setLength(1L << 33);
        }
        String line = assertThrows(QuantizeException.class, () -> ImportanceMatrix.read(path)).getMessage();
        assertTrue(line.endsWith("it has 8589934592 bytes"), line);
    }

    @Test
    void refusesSumsThatAreNoNumbers() {
        var entry = new ImportanceMatrix.Entry(new float[] {Float.NaN}, new float[] {1});
        assertThrows(QuantizeException.class, () -> new ImportanceMatrix(Map.of("a", entry), List.of(), 0, 0, "a"));
    }
}

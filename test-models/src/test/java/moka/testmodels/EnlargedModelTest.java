package moka.testmodels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import moka.gguf.GgufFile;
import moka.gguf.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnlargedModelTest {
    @TempDir
    Path folder;

    @Test
    void keepsTheStructureAndTakesTheNewLengths() {
        Path file = folder.resolve("qwen3.gguf");
        EnlargedModel.write(Path.of("golden", "zoo", "qwen3.gguf"), TensorType.Q4_0, 1, file);
        try (GgufFile large = GgufFile.open(file)) {
            assertEquals("qwen3", large.metadata().requireString("general.architecture"));
            assertEquals(8, large.metadata().requireInteger("qwen3.block_count"));
            assertArrayEquals(new long[] {1024, 32768}, shape(large, "token_embd.weight"));
            assertArrayEquals(new long[] {1024, 256}, shape(large, "blk.7.attn_k.weight"));
            assertArrayEquals(new long[] {64}, shape(large, "blk.7.attn_q_norm.weight"));
            assertEquals(TensorType.Q4_0, large.tensor("blk.3.ffn_down.weight").orElseThrow().type());
            assertEquals(TensorType.F32, large.tensor("blk.3.ffn_norm.weight").orElseThrow().type());
            assertTrue(large.tensor("blk.8.attn_q.weight").isEmpty());
        }
    }

    @Test
    void takesTheFirstReadingThatGivesTheTinyShape() {
        Map<String, Long> tiny = Map.of("W", 32L, "F", 48L, "H", 4L, "D", 8L);
        Map<String, Long> large = Map.of("W", 1024L, "F", 4096L, "H", 16L, "D", 64L);
        assertArrayEquals(new long[] {1024, 8192}, TensorDimensions.enlarge("ffn_up.weight", new long[] {32, 96}, tiny, large));
        assertArrayEquals(new long[] {4096}, TensorDimensions.enlarge("ffn_up.bias", new long[] {48}, tiny, large));
        assertThrows(
                IllegalArgumentException.class, () -> TensorDimensions.enlarge("ffn_up.weight", new long[] {32, 95}, tiny, large));
    }

    private static long[] shape(GgufFile file, String name) {
        return file.tensor(name).orElseThrow().shape();
    }
}

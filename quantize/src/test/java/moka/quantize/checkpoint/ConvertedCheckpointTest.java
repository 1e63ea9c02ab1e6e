package moka.quantize.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.quantize.Quantization;
import moka.quantize.QuantizeException;
import moka.quantize.SourceTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertedCheckpointTest {
    private static final Quantization.Listener SILENT = new Quantization.Listener() {};

    @TempDir
    Path folder;

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(it -> it.getFileName().toString()).toList();
        }
    }

    private static float[] values(SourceTensor tensor) {
        float[] values = new float[(int) tensor.rows() * tensor.columns()];
        tensor.read(0, (int) tensor.rows(), values, 0);
        return values;
    }

    @Test
    void holdsWhatTheCheckpointHoldsAndGoesWhenItIsClosed() throws IOException {
        Path checkpoint = Examples.folder("qwen3");
        try (Checkpoint read = Checkpoint.open(checkpoint);
                ConvertedCheckpoint converted = ConvertedCheckpoint.of(checkpoint, folder.resolve("made.gguf"), 1, SILENT)) {
            assertEquals(List.of(".made.gguf.converted"), files());
            assertEquals(read.tensors().size(), converted.tensors().size());
            for (int i = 0; i < read.tensors().size(); i++) {
                SourceTensor wanted = read.tensors().get(i);
                SourceTensor found = converted.tensors().get(i);
                assertEquals(wanted.info().name(), found.info().name());
                assertArrayEquals(values(wanted), values(found), wanted.info().name());
            }
            try (Model model = Model.open(converted.file(), ModelOptions.DEFAULT.withThreads(1))) {
                assertTrue(model.vocabularySize() > 0);
            }
        }
        assertEquals(List.of(), files());
    }

    @Test
    void leavesNothingOfACheckpointThatIsRefused() throws IOException {
        Path damaged = Examples.copy("qwen3", folder.resolve("from"));
        Files.delete(damaged.resolve("config.json"));
        Path target = Files.createDirectory(folder.resolve("to")).resolve("made.gguf");
        assertThrows(QuantizeException.class, () -> ConvertedCheckpoint.of(damaged, target, 1, SILENT));
        try (Stream<Path> left = Files.list(target.getParent())) {
            assertEquals(0, left.count());
        }
    }
}

package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import moka.gguf.GgufSummary.TypeShare;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufSummaryTest {
    @TempDir
    Path folder;

    @Test
    void countsTensorsParametersAndBytesOfEachType() {
        List<GgufTensorInfo> tensors = List.of(
                new GgufTensorInfo("a", TensorType.F32, 10),
                new GgufTensorInfo("b", TensorType.Q4_0, 64, 4),
                new GgufTensorInfo("c", TensorType.F32, 3, 2));
        Path path = folder.resolve("x.gguf");
        try (GgufWriter writer = GgufWriter.create(path, Metadata.builder("x").build(), tensors)) {
            tensors.forEach(t -> writer.write(t.name(), MemorySegment.ofArray(new byte[(int) t.bytes()])));
            writer.commit();
        }
        try (GgufFile file = GgufFile.open(path)) {
            GgufSummary summary = GgufSummary.of(file);
            assertEquals(
                    List.of(new TypeShare(TensorType.Q4_0, 1, 256, 144), new TypeShare(TensorType.F32, 2, 16, 64)),
                    summary.types());
            assertEquals("x.gguf", summary.name());
            assertEquals(1, summary.partCount());
            assertEquals(3, summary.tensorCount());
            assertEquals(272, summary.parameterCount());
            assertEquals(208, summary.tensorBytes());
            assertEquals(file.sizeBytes(), summary.sizeBytes());
            assertEquals(8.0 * 208 / 272, summary.bitsPerWeight());
        }
    }

    @Test
    void namesTheMixtureOfReferenceModels() {
        for (String name : List.of("F16", "Q8_0", "Q4_K_M", "IQ2_XS")) {
            try (GgufFile file = GgufFile.open(SharedData.require("own/models/pebble-" + name + ".gguf"))) {
                assertEquals(
                        name,
                        FileType.byId(file.metadata().requireInteger(FileType.KEY))
                                .orElseThrow()
                                .name());
            }
        }
    }

    @Test
    void hasNoBitsPerWeightWithoutTensors() {
        byte[] empty = {'G', 'G', 'U', 'F', 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        try (GgufFile file = GgufFile.of("empty", MemorySegment.ofArray(empty))) {
            assertEquals(0, GgufSummary.of(file).bitsPerWeight());
        }
    }
}

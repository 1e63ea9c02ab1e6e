package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import moka.gguf.GgufException.Level;
import moka.gguf.GgufWriter.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitFilesTest {
    @TempDir
    Path folder;

    private Path part(String name, int number, int count, int tensorCount, String... tensors) {
        Metadata metadata = Metadata.builder(name)
                .set("split.no", MetadataValue.of(ValueType.UINT16, number))
                .set("split.count", MetadataValue.of(ValueType.UINT16, count))
                .set("split.tensors.count", MetadataValue.of(ValueType.INT32, tensorCount))
                .build();
        List<GgufTensorInfo> infos = List.of(tensors).stream()
                .map(tensor -> new GgufTensorInfo(tensor, TensorType.F32, 8))
                .toList();
        Path path = folder.resolve(name);
        try (PartWriter writer = PartWriter.create(path, metadata, infos, Options.DEFAULT)) {
            infos.forEach(info -> writer.write(info.name(), MemorySegment.ofArray(new byte[32])));
            writer.complete();
            writer.rename();
        }
        return path;
    }

    private static void refuses(String message, Path path) {
        var failure =
                assertThrows(GgufException.class, () -> GgufFile.open(path).close());
        assertEquals(message, failure.getMessage());
    }

    @Test
    void opensByAnyPart() {
        Path first = part("m-00001-of-00002.gguf", 0, 2, 3, "a", "b");
        Path second = part("m-00002-of-00002.gguf", 1, 2, 3, "c");
        for (Path path : List.of(first, second)) {
            try (GgufFile file = GgufFile.open(path)) {
                assertEquals("m-00001-of-00002.gguf", file.name());
                assertEquals(
                        List.of("a", "b", "c"),
                        file.tensors().stream().map(GgufTensor::name).toList());
            }
        }
        try (GgufFile alone = GgufFile.openPart(second)) {
            assertEquals(1, alone.tensors().size());
        }
    }

    @Test
    void namesAMissingPart() {
        Path path = part("m-00001-of-00002.gguf", 0, 2, 1, "a");
        refuses("m-00002-of-00002.gguf: not found, expected a file at " + folder + "/m-00002-of-00002.gguf", path);
        try (GgufFile alone = GgufFile.openPart(path)) {
            assertEquals(1, alone.tensors().size());
        }
    }

    @Test
    void namesPartsThatDoNotBelongTogether() {
        Path path = part("m-00001-of-00002.gguf", 0, 2, 2, "a");
        part("m-00002-of-00002.gguf", 0, 2, 2, "b");
        refuses("m-00002-of-00002.gguf: key 'split.no': value 0, expected 1: the parts do not belong together", path);
        part("m-00002-of-00002.gguf", 1, 3, 2, "b");
        refuses(
                "m-00002-of-00002.gguf: key 'split.count': value 3, expected 2: the parts do not belong together",
                path);
    }

    @Test
    void comparesTheCountWithTheFileName() {
        Path path = part("m-00001-of-00002.gguf", 0, 3, 1, "a");
        refuses("m-00001-of-00002.gguf: key 'split.count': value 3, expected 2 as the file name says", path);
    }

    @Test
    void refusesNamesThatTellNoPart() {
        Path path = part("model.gguf", 0, 2, 1, "a");
        refuses(
                "model.gguf: a name that tells no part, while split.count is 2, expected a name that ends in"
                        + " -00001-of-00002.gguf: the other parts cannot be found: give the files their names back",
                path);
    }

    @Test
    void countsTheTensorsOfAllParts() {
        Path path = part("m-00001-of-00002.gguf", 0, 2, 99, "a");
        part("m-00002-of-00002.gguf", 1, 2, 99, "b");
        refuses(
                "m-00001-of-00002.gguf: key 'split.tensors.count': value 99, expected 2, the tensors of all parts",
                path);
    }

    @Test
    void refusesATensorInTwoParts() {
        Path path = part("m-00001-of-00002.gguf", 0, 2, 2, "a");
        part("m-00002-of-00002.gguf", 1, 2, 2, "a");
        refuses(
                "m-00002-of-00002.gguf: tensor 'a': duplicate, also in m-00001-of-00002.gguf, expected each tensor"
                        + " once",
                path);
    }

    @Test
    void noticesAChangeOfAnyPart() throws IOException {
        Path path = part("m-00001-of-00002.gguf", 0, 2, 2, "a");
        Path second = part("m-00002-of-00002.gguf", 1, 2, 2, "b");
        try (GgufFile file = GgufFile.open(path)) {
            file.checkUnchanged();
            Files.write(second, new byte[5]);
            var failure = assertThrows(GgufException.class, file::checkUnchanged);
            assertEquals(Level.FILE, failure.level());
            assertEquals("m-00002-of-00002.gguf", failure.file());
        }
    }

    @Test
    void takesASingleFileWithSplitKeysAsItIs() {
        try (GgufFile file = GgufFile.open(part("model.gguf", 0, 1, 1, "a"))) {
            assertEquals(1, file.parts().size());
        }
    }
}

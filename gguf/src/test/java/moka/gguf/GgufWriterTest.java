package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import moka.gguf.GgufWriter.Options;
import moka.testing.SharedData;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class GgufWriterTest {
    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> copiesOfPublishedFilesAreEqualByteForByte() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String place : List.of("own/models", "own/micro", "own/zoo", "public/tokenizers/vocab")) {
            try (Stream<Path> list = Files.list(SharedData.require(place))) {
                list.filter(file -> file.toString().matches(".*\\.gguf(\\.gz)?"))
                        .sorted()
                        .forEach(files::add);
            }
        }
        assertTrue(files.size() > 150, "files");
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    byte[] bytes = read(file);
                    Path copy = folder.resolve("copy.gguf");
                    try (GgufFile source = GgufFile.of("source", MemorySegment.ofArray(bytes))) {
                        GgufWriter.copy(
                                source, copy, source.metadata(), new Options(source.version(), source.bigEndian()));
                    }
                    assertEquals(-1, Arrays.mismatch(bytes, Files.readAllBytes(copy)));
                }));
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return (file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in).readAllBytes();
        }
    }

    @Test
    void readsBackWhatItWrites() {
        var random = new SplittableRandom(1);
        for (int round = 0; round < 300; round++) {
            var options = new Options(random.nextBoolean() ? 2 : 3, random.nextBoolean());
            Path path = folder.resolve("a.gguf");
            Metadata metadata = RandomFiles.metadata(random);
            List<GgufTensorInfo> tensors = RandomFiles.tensors(random, options.bigEndian());
            List<byte[]> data = tensors.stream()
                    .map(tensor -> RandomFiles.bytes(random, (int) tensor.bytes()))
                    .toList();
            write(path, metadata, tensors, data, options, random);
            try (GgufFile file = GgufFile.open(path)) {
                assertEquals(options.version(), file.version());
                assertEquals(options.bigEndian(), file.bigEndian());
                assertEquals(metadata.values(), file.metadata().values());
                assertEquals(
                        new ArrayList<>(metadata.values().keySet()),
                        new ArrayList<>(file.metadata().values().keySet()));
                assertEquals(tensors.size(), file.tensors().size());
                for (int i = 0; i < tensors.size(); i++) {
                    GgufTensor tensor = file.tensors().get(i);
                    assertEquals(tensors.get(i).name(), tensor.name());
                    assertEquals(tensors.get(i).type(), tensor.type());
                    assertArrayEquals(tensors.get(i).shape(), tensor.shape());
                    assertArrayEquals(data.get(i), RandomFiles.bytes(tensor), tensor.name() + " " + tensor.type());
                }
                Path copy = folder.resolve("b.gguf");
                GgufWriter.copy(file, copy, file.metadata(), options);
                assertEquals(-1, mismatch(path, copy));
            }
        }
    }

    private static void write(
            Path path,
            Metadata metadata,
            List<GgufTensorInfo> tensors,
            List<byte[]> data,
            Options options,
            SplittableRandom random) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(random.nextLong()));
        try (GgufWriter writer = GgufWriter.create(path, metadata, tensors, options)) {
            for (int i : order) {
                MemorySegment bytes = MemorySegment.ofArray(data.get(i));
                if (random.nextBoolean()) {
                    writer.write(tensors.get(i).name(), bytes);
                } else { // in pieces of whole blocks
                    int block = tensors.get(i).type().blockBytes();
                    long split = random.nextLong(bytes.byteSize() / block + 1) * block;
                    writer.append(tensors.get(i).name(), bytes.asSlice(0, split));
                    writer.append(tensors.get(i).name(), bytes.asSlice(split));
                }
            }
            writer.commit();
        }
    }

    private static long mismatch(Path a, Path b) {
        try {
            return Files.mismatch(a, b);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void tellsTheSizeBefore() throws IOException {
        Path source = folder.resolve("size.gguf");
        Metadata metadata = Metadata.builder("test").set("general.architecture", "llama").build();
        List<GgufTensorInfo> tensors =
                List.of(new GgufTensorInfo("a", TensorType.F32, 5), new GgufTensorInfo("b", TensorType.Q8_0, 32, 2));
        try (GgufWriter writer = GgufWriter.create(source, metadata, tensors)) {
            tensors.forEach(it -> writer.write(it.name(), MemorySegment.ofArray(new byte[(int) it.bytes()])));
            writer.commit();
        }
        assertEquals(Files.size(source), GgufWriter.sizeBytes(metadata, tensors));
    }

    @Test
    void changesAndRemovesKeysOfACopy() {
        Path first = folder.resolve("first.gguf");
        Path second = folder.resolve("second.gguf");
        Metadata metadata = Metadata.builder("test")
                .set("general.architecture", "llama")
                .setUint32("general.file_type", 1)
                .set("tokenizer.x", true)
                .build();
        write(first, metadata, List.of(), List.of(), Options.DEFAULT, new SplittableRandom(2));
        try (GgufFile file = GgufFile.open(first)) {
            Metadata changed = file.metadata().toBuilder()
                    .setUint32("general.file_type", 15)
                    .remove("tokenizer.x")
                    .setFloat32("added", 0.5f)
                    .build();
            GgufWriter.copy(file, second, changed, Options.DEFAULT);
        }
        try (GgufFile file = GgufFile.open(second)) {
            assertEquals(
                    List.of("general.architecture", "general.file_type", "added"),
                    List.copyOf(file.metadata().values().keySet()));
            assertEquals(15, file.metadata().requireInteger("general.file_type"));
            assertEquals(0.5, file.metadata().requireNumber("added"));
        }
    }

    @Test
    void keepsStringsThatAreNotUtf8() throws IOException {
        Path source = SharedData.require("own/gguf-malformed/metadata-utf8-value.gguf");
        Path copy = folder.resolve("copy.gguf");
        try (GgufFile file = GgufFile.open(source)) {
            GgufWriter.copy(file, copy, file.metadata().toBuilder().build(), Options.DEFAULT);
        }
        assertEquals(-1, Files.mismatch(source, copy));
    }

    @Test
    void writesSplitModelsThatOpenByAnyPart() throws IOException {
        var random = new SplittableRandom(3);
        Metadata metadata =
                Metadata.builder("test").set("general.architecture", "llama").build();
        List<List<GgufTensorInfo>> parts = List.of(
                List.of(),
                List.of(new GgufTensorInfo("a", TensorType.F32, 5), new GgufTensorInfo("b", TensorType.Q8_0, 32, 2)),
                List.of(new GgufTensorInfo("c", TensorType.F16, 3, 3)));
        try (GgufWriter writer = GgufWriter.createSplit(folder.resolve("m"), metadata, parts, Options.DEFAULT)) {
            for (GgufTensorInfo tensor : parts.stream().flatMap(List::stream).toList()) {
                writer.write(tensor.name(), MemorySegment.ofArray(RandomFiles.bytes(random, (int) tensor.bytes())));
            }
            writer.commit();
        }
        assertEquals(List.of("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"), names(folder));
        for (String name : names(folder)) {
            try (GgufFile file = GgufFile.open(folder.resolve(name))) {
                assertEquals(3, file.parts().size());
                assertEquals(
                        List.of("a", "b", "c"),
                        file.tensors().stream().map(GgufTensor::name).toList());
                assertEquals("llama", file.metadata().requireString("general.architecture"));
            }
        }
        try (GgufFile file = GgufFile.open(folder.resolve("m-00002-of-00003.gguf"))) {
            GgufWriter.copy(file, folder.resolve("whole.gguf"), file.metadata(), Options.DEFAULT);
        }
        try (GgufFile whole = GgufFile.open(folder.resolve("whole.gguf"))) {
            assertFalse(whole.metadata().contains("split.count"));
            assertEquals(3, whole.tensors().size());
        }
    }

    @Test
    void putsNoFileInThePlaceOfADeviceOrADirectory() throws IOException {
        Metadata none = Metadata.builder("test").build();
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device), "skipped: a device as the target, for there is no /dev/null");
        for (Path target : List.of(Files.createSymbolicLink(folder.resolve("device"), device), Files.createDirectory(folder.resolve("directory")))) {
            for (boolean resumed : new boolean[] {false, true}) {
                var refused = assertThrows(GgufException.class, () -> {
                    if (resumed) {
                        GgufWriter.resume(target, none, List.of(), "source");
                    } else {
                        GgufWriter.create(target, none, List.of());
                    }
                });
                assertTrue(refused.getMessage().startsWith(target.getFileName() + ": cannot be written (it is "), refused.getMessage());
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(2, left.count());
        }
    }

    @Test
    void leavesNothingBehindWithoutCommit() throws IOException {
        var tensor = new GgufTensorInfo("a", TensorType.F32, 4);
        Metadata none = Metadata.builder("test").build();
        try (GgufWriter writer = GgufWriter.create(folder.resolve("x.gguf"), none, List.of(tensor))) {
            writer.append("a", MemorySegment.ofArray(new byte[8]));
            assertFalse(Files.exists(folder.resolve("x.gguf")));
            var failure = assertThrows(IllegalStateException.class, writer::commit);
            assertEquals("tensor 'a': 8 bytes written, expected 16", failure.getMessage());
        }
        assertEquals(List.of(), names(folder));
    }

    private static final List<GgufTensorInfo> TWO_TENSORS =
            List.of(new GgufTensorInfo("a", TensorType.F32, 5), new GgufTensorInfo("b", TensorType.Q8_0, 32, 20));

    private static MemorySegment data(GgufTensorInfo tensor) {
        return MemorySegment.ofArray(RandomFiles.bytes(new SplittableRandom(tensor.name().hashCode()), (int) tensor.bytes()));
    }

    /** What a killed process leaves after the first tensor and half of the second, in a folder of its own. */
    private Path killed(String origin) throws IOException {
        Path left = Files.createTempDirectory(folder, "left");
        Path running = Files.createTempDirectory(folder, "running");
        try (GgufWriter writer =
                GgufWriter.resume(running.resolve("x.gguf"), Metadata.builder("test").build(), TWO_TENSORS, origin)) {
            writer.write("a", data(TWO_TENSORS.get(0)));
            writer.append("b", data(TWO_TENSORS.get(1)).asSlice(0, 340));
            for (String name : names(running)) {
                Files.copy(running.resolve(name), left.resolve(name));
            }
        }
        assertEquals(List.of(), names(running));
        assertEquals(List.of(".x.gguf.journal", ".x.gguf.unfinished"), names(left));
        return left;
    }

    private static byte[] finish(Path left, String origin, List<String> kept) throws IOException {
        Path path = left.resolve("x.gguf");
        try (GgufWriter writer = GgufWriter.resume(path, Metadata.builder("test").build(), TWO_TENSORS, origin)) {
            assertEquals(kept, TWO_TENSORS.stream().map(GgufTensorInfo::name).filter(writer::has).toList());
            for (GgufTensorInfo tensor : TWO_TENSORS) {
                if (!writer.has(tensor.name())) {
                    writer.write(tensor.name(), data(tensor));
                }
            }
            writer.commit();
        }
        assertEquals(List.of("x.gguf"), names(left));
        return Files.readAllBytes(path);
    }

    @Test
    void goesOnWhereAKilledProcessStopped() throws IOException {
        byte[] fresh = finish(Files.createTempDirectory(folder, "fresh"), "source", List.of());
        assertArrayEquals(fresh, finish(killed("source"), "source", List.of("a")));
        assertArrayEquals(fresh, finish(killed("source"), "other source", List.of()));
        Path cut = killed("source");
        Path journal = cut.resolve(".x.gguf.journal");
        byte[] lines = Files.readAllBytes(journal);
        Files.write(journal, java.util.Arrays.copyOf(lines, lines.length - 1));
        assertArrayEquals(fresh, finish(cut, "source", List.of()));
        Path changed = killed("source");
        Path data = changed.resolve(".x.gguf.unfinished");
        byte[] bytes = Files.readAllBytes(data);
        bytes[fresh.length - 704 - 32] ^= 1; // in the 20 bytes of a, before the 680 of b, both padded to 32
        Files.write(data, bytes);
        assertArrayEquals(fresh, finish(changed, "source", List.of()));
        Path emptied = killed("source");
        Files.write(emptied.resolve(".x.gguf.unfinished"), new byte[0]);
        assertArrayEquals(fresh, finish(emptied, "source", List.of()));
    }

    @Test
    void twoWritersDoNotShareAFile() {
        Path path = folder.resolve("x.gguf");
        Metadata none = Metadata.builder("test").build();
        try (GgufWriter first = GgufWriter.resume(path, none, TWO_TENSORS, "source")) {
            var failure = assertThrows(GgufException.class, () -> GgufWriter.resume(path, none, TWO_TENSORS, "source"));
            assertTrue(failure.getMessage().contains("another process is writing it"), failure.getMessage());
            assertFalse(first.has("a"));
        }
    }

    @Test
    void replacesAnOlderFileOnlyAtCommit() throws IOException {
        Path path = folder.resolve("x.gguf");
        Files.writeString(path, "old");
        Metadata none = Metadata.builder("test").build();
        try (GgufWriter writer = GgufWriter.create(path, none, List.of())) {
            assertEquals("old", Files.readString(path));
            writer.commit();
        }
        assertEquals(24, Files.size(path));
    }

    @Test
    void refusesWhatTheFormatDoesNotAllow() {
        Metadata none = Metadata.builder("test").build();
        var tensor = new GgufTensorInfo("a", TensorType.F32, 4);
        Path path = folder.resolve("x.gguf");
        assertThrows(IllegalArgumentException.class, () -> new GgufTensorInfo("", TensorType.F32, 1));
        assertThrows(IllegalArgumentException.class, () -> new GgufTensorInfo("x".repeat(65), TensorType.F32, 1));
        assertThrows(IllegalArgumentException.class, () -> new GgufTensorInfo("x", TensorType.F32, 1, 1, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new GgufTensorInfo("x", TensorType.Q4_K, 128, 2));
        assertThrows(IllegalArgumentException.class, () -> new GgufTensorInfo("x", TensorType.F32, 4, 0));
        assertThrows(IllegalArgumentException.class, () -> GgufWriter.create(path, none, List.of(tensor, tensor)));
        assertThrows(IllegalArgumentException.class, () -> MetadataValue.uint32(-1));
        assertThrows(
                IllegalArgumentException.class,
                () -> GgufWriter.create(
                        path, none, List.of(new GgufTensorInfo("a", TensorType.IQ1_M, 256)), new Options(3, true)));
        try (GgufWriter writer = GgufWriter.create(path, none, List.of(tensor))) {
            assertThrows(IllegalArgumentException.class, () -> writer.write("b", MemorySegment.ofArray(new byte[16])));
            assertThrows(IllegalArgumentException.class, () -> writer.write("a", MemorySegment.ofArray(new byte[12])));
        }
    }

    @Test
    void namesAFileThatCannotBeMade() {
        Metadata none = Metadata.builder("test").build();
        var failure = assertThrows(
                GgufException.class, () -> GgufWriter.create(folder.resolve("no/x.gguf"), none, List.of()));
        assertTrue(failure.getMessage().startsWith("x.gguf: cannot be written"), failure.getMessage());
        assertTrue(failure.getMessage().endsWith("its directory does not exist"), failure.getMessage());
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}

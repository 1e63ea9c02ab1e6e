package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import moka.gguf.GgufException.Level;
import moka.gguf.GgufWriter.Options;
import moka.testing.SharedData;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
    private static final Metadata METADATA = Metadata.builder("test")
            .set("general.architecture", "llama")
            .setUint32("u32", 7)
            .set("names", MetadataValue.strings(List.of("a", "", "ß")))
            .build();

    @TempDir
    Path folder;

    private Path write(Options options, GgufTensorInfo... tensors) {
        Path path = folder.resolve("test.gguf");
        try (GgufWriter writer = GgufWriter.create(path, METADATA, List.of(tensors), options)) {
            for (GgufTensorInfo tensor : tensors) {
                var data = new byte[(int) tensor.bytes()];
                for (int i = 0; i < data.length; i++) {
                    data[i] = (byte) i;
                }
                writer.write(tensor.name(), MemorySegment.ofArray(data));
            }
            writer.commit();
        }
        return path;
    }

    private GgufException refuses(Path path) {
        return assertThrows(GgufException.class, () -> GgufFile.open(path).close());
    }

    @Test
    void showsMetadataAndTensors() {
        Path path = write(
                Options.DEFAULT,
                new GgufTensorInfo("alpha", TensorType.F32, 3, 2),
                new GgufTensorInfo("beta", TensorType.Q4_0, 64));
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals("test.gguf", file.name());
            assertEquals(3, file.version());
            assertFalse(file.bigEndian());
            assertEquals(32, file.alignment());
            assertEquals(
                    List.of("alpha", "beta"),
                    file.tensors().stream().map(GgufTensor::name).toList());
            GgufTensor alpha = file.tensor("alpha").orElseThrow();
            assertEquals(3, alpha.columns());
            assertEquals(2, alpha.rows());
            assertEquals(6, alpha.elements());
            assertEquals(24, alpha.data().byteSize());
            assertEquals(0x03020100, alpha.data().get(ValueLayout.JAVA_INT_UNALIGNED, 0));
            assertTrue(alpha.data().isReadOnly());
            assertEquals(36, file.tensor("beta").orElseThrow().data().byteSize());
            assertTrue(file.tensor("gamma").isEmpty());
            GgufFile.Part part = file.parts().getFirst();
            assertEquals(1, file.parts().size());
            assertEquals(part.dataOffset() + 32, part.offsets().get(1));
            assertEquals(file.sizeBytes(), part.sizeBytes());
        }
    }

    @Test
    void presentsBigEndianDataLittleEndian() {
        Path little = write(Options.DEFAULT, everySwappableType());
        List<byte[]> expected = new ArrayList<>();
        try (GgufFile file = GgufFile.open(little)) {
            file.tensors().forEach(tensor -> expected.add(RandomFiles.bytes(tensor)));
        }
        Path big = write(new Options(3, true), everySwappableType());
        try (GgufFile file = GgufFile.open(big)) {
            assertTrue(file.bigEndian());
            assertEquals(7, file.metadata().requireInteger("u32"));
            assertArrayEquals(
                    new String[] {"a", "", "ß"},
                    file.metadata().requireArray("names").strings());
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(
                        expected.get(i), RandomFiles.bytes(file.tensors().get(i)));
            }
        }
    }

    private static GgufTensorInfo[] everySwappableType() {
        return Arrays.stream(TensorType.values())
                .filter(ByteSwap::supports)
                .map(type -> new GgufTensorInfo(type.name(), type, type.blockElements(), 3))
                .toArray(GgufTensorInfo[]::new);
    }

    @Test
    void bigEndianModelHasTheTensorsOfTheLittleEndianOne() {
        Path folder = SharedData.require("own/gguf-malformed");
        try (GgufFile little = GgufFile.open(folder.resolve("model-valid.gguf"));
                GgufFile big = GgufFile.open(folder.resolve("model-big-endian.gguf"))) {
            assertEquals(little.metadata().values(), big.metadata().values());
            for (GgufTensor tensor : little.tensors()) {
                assertArrayEquals(
                        RandomFiles.bytes(tensor),
                        RandomFiles.bytes(big.tensor(tensor.name()).orElseThrow()),
                        tensor.name());
            }
        }
    }

    @Test
    void refusesBigEndianTypesOfUnsettledOrder() throws IOException {
        Path path = write(new Options(3, true), new GgufTensorInfo("alpha", TensorType.F32, 256 * 14));
        byte[] bytes = Files.readAllBytes(path);
        ByteBuffer big = ByteBuffer.wrap(bytes); // type: after name and one dimension
        int type = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("alpha") + 5 + 4 + 8;
        assertEquals(0, big.getInt(type));
        big.putInt(type, TensorType.IQ1_M.id());
        GgufException failure = assertThrows(
                GgufException.class,
                () -> GgufFile.of("memory", MemorySegment.ofArray(bytes)).close());
        assertTrue(failure.getMessage().contains("big-endian data of type IQ1_M"), failure.getMessage());
    }

    @Test
    void readsOffsetsBeyondFourGibibytes() throws IOException {
        long offset = 5L << 30;
        Path path = write(
                Options.DEFAULT,
                new GgufTensorInfo("alpha", TensorType.F32, 8),
                new GgufTensorInfo("beta", TensorType.F32, 8));
        byte[] bytes = Files.readAllBytes(path);
        int name = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("beta");
        long dataBegin;
        try (GgufFile file = GgufFile.open(path)) {
            dataBegin = file.parts().getFirst().dataOffset();
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            ByteBuffer place =
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, offset);
            channel.write(place, name + 4 + 4 + 8 + 4);
            ByteBuffer data = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 8; i++) {
                data.putFloat(4 * i, i / 2f);
            }
            channel.write(data, dataBegin + offset); // what lies between takes no room on the disk
        }
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals(dataBegin + offset + 32, file.sizeBytes());
            MemorySegment beta = file.tensor("beta").orElseThrow().data();
            for (int i = 0; i < 8; i++) {
                assertEquals(i / 2f, beta.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i));
            }
        }
    }

    @Test
    void namesAFileThatIsMissing() {
        GgufException failure = refuses(folder.resolve("none.gguf"));
        assertEquals(Level.FILE, failure.level());
        assertTrue(failure.getMessage().startsWith("none.gguf: not found"), failure.getMessage());
    }

    @Test
    void refusesADirectory() {
        GgufException failure = refuses(folder);
        assertTrue(failure.getMessage().contains("is a directory"), failure.getMessage());
    }

    @Test
    void refusesAFileWithoutPermission() throws IOException {
        Path path = write(Options.DEFAULT);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
        Assumptions.assumeFalse(Files.isReadable(path), "skipped: this user may read everything");
        GgufException failure = refuses(path);
        assertTrue(failure.getMessage().contains("permission denied"), failure.getMessage());
    }

    @Test
    void refusesADeviceInsteadOfWaitingForIt() {
        Path device = Path.of("/dev/zero");
        Assumptions.assumeTrue(Files.exists(device), "skipped: no /dev/zero");
        GgufException failure = refuses(device);
        assertTrue(failure.getMessage().contains("no regular file"), failure.getMessage());
    }

    @Test
    void noticesThatAnOpenFileWasCut() throws IOException {
        Path path = write(Options.DEFAULT, new GgufTensorInfo("alpha", TensorType.F32, 1 << 16));
        try (GgufFile file = GgufFile.open(path)) {
            file.checkUnchanged();
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2);
            }
            GgufException failure = assertThrows(GgufException.class, file::checkUnchanged);
            assertEquals(Level.FILE, failure.level());
            assertTrue(
                    failure.getMessage().startsWith("test.gguf: changed while it was open: has 131,"),
                    failure.getMessage());
        }
    }

    @Test
    void noticesThatAnOpenFileWasWrittenTo() throws IOException {
        Path path = write(Options.DEFAULT);
        try (GgufFile file = GgufFile.open(path)) {
            Files.setLastModifiedTime(path, FileTime.fromMillis(12_345_678));
            GgufException failure = assertThrows(GgufException.class, file::checkUnchanged);
            assertTrue(failure.getMessage().contains("modified at 1970-01-01T03:25:45.678Z"), failure.getMessage());
        }
    }

    @Test
    void goesOnWhenAnOpenFileIsReplacedOrDeleted() throws IOException {
        Path path = write(Options.DEFAULT, new GgufTensorInfo("alpha", TensorType.F32, 8));
        try (GgufFile file = GgufFile.open(path)) {
            write(Options.DEFAULT);
            file.checkUnchanged();
            Files.delete(path);
            file.checkUnchanged();
            assertEquals(0x03020100, file.tensors().getFirst().data().get(ValueLayout.JAVA_INT_UNALIGNED, 0));
        }
    }

    @Test
    void closesOnceAndForAllThreads() throws InterruptedException {
        GgufFile file = GgufFile.open(write(Options.DEFAULT, new GgufTensorInfo("alpha", TensorType.F32, 8)));
        MemorySegment data = file.tensors().getFirst().data();
        Metadata metadata = file.metadata();
        Thread.ofPlatform().start(file::close).join();
        file.close();
        assertThrows(IllegalStateException.class, () -> data.get(ValueLayout.JAVA_BYTE, 0));
        assertEquals("llama", metadata.requireString("general.architecture"));
        assertArrayEquals(
                new String[] {"a", "", "ß"}, metadata.requireArray("names").strings());
    }

    @Test
    void leavesNothingMappedOrOpenAfterAFailure() throws IOException {
        Path maps = Path.of("/proc/self/maps");
        Assumptions.assumeTrue(Files.isReadable(maps), "skipped: no /proc/self/maps");
        Path path = write(Options.DEFAULT, new GgufTensorInfo("alpha", TensorType.F32, 8));
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1);
        }
        refuses(path);
        assertFalse(Files.readString(maps).contains(path.toString()), "mapped");
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.isSymbolicLink(descriptor)) {
                    assertFalse(Files.readSymbolicLink(descriptor).equals(path), "open");
                }
            }
        }
    }

    @Test
    void readsAFileInMemory() throws IOException {
        byte[] bytes = Files.readAllBytes(write(new Options(2, false), new GgufTensorInfo("alpha", TensorType.I8, 5)));
        try (GgufFile file = GgufFile.of("memory", MemorySegment.ofArray(bytes))) {
            assertEquals("memory", file.name());
            assertEquals(2, file.version());
            assertArrayEquals(
                    new byte[] {0, 1, 2, 3, 4}, RandomFiles.bytes(file.tensors().getFirst()));
            file.checkUnchanged();
        }
    }

    @Test
    void opensALargeVocabulary() {
        int count = 256_000;
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tokens.add("token" + i);
        }
        Path path = folder.resolve("vocabulary.gguf");
        Metadata metadata =
                Metadata.builder("test").setStrings("tokens", tokens).build();
        try (GgufWriter writer = GgufWriter.create(path, metadata, List.of())) {
            writer.commit();
        }
        try (GgufFile file = GgufFile.open(path)) {
            MetadataValue.ArrayValue array = file.metadata().requireArray("tokens");
            assertEquals(count, array.size());
            assertArrayEquals("token255999".getBytes(StandardCharsets.UTF_8), array.stringBytes(count - 1));
            assertArrayEquals(tokens.toArray(), array.strings());
            assertInstanceOf(MetadataValue.StringValue.class, array.values().get(3));
        }
    }

    @Test
    void otherMetadataSharesTensorsAndEnd() {
        GgufFile file = GgufFile.open(write(Options.DEFAULT, new GgufTensorInfo("alpha", TensorType.F32, 8)));
        GgufFile other = file.withMetadata(file.metadata().toBuilder().setUint32("u32", 8).build());
        assertEquals(8, other.metadata().requireInteger("u32"));
        assertEquals(7, file.metadata().requireInteger("u32"));
        assertEquals(file.tensors(), other.tensors());
        GgufTensor alpha = file.tensor("alpha").orElseThrow();
        other.close();
        file.close();
        assertThrows(IllegalStateException.class, () -> alpha.data().get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void escapesControlCharactersOfHostileNames() throws IOException {
        byte[] bytes = Files.readAllBytes(
                write(Options.DEFAULT, new GgufTensorInfo("alpha\nbeta\u001b[31m", TensorType.F32, 8)));
        GgufException failure = assertThrows(
                GgufException.class,
                () -> GgufFile.of("memory", MemorySegment.ofArray(bytes).asSlice(0, bytes.length - 1))
                        .close());
        assertTrue(failure.getMessage().contains("'alpha\\u000abeta\\u001b[31m'"), failure.getMessage());
    }
}

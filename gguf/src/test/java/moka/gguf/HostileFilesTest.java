package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import moka.gguf.GgufWriter.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the bytes, reading gives a file or a {@link GgufException}: no other throwable, and little memory. */
class HostileFilesTest {
    // No file here has more than some kilobytes; reading must not ask for much more than that.
    private static final long MOST_BYTES_PER_READ = 4 << 20;

    @TempDir
    Path folder;

    private byte[] sample(Options options) throws IOException {
        Metadata metadata = Metadata.builder("sample")
                .set("general.architecture", "llama")
                .setUint32("general.alignment", 16)
                .set("bool", true)
                .set("f64", MetadataValue.float64(1))
                .setStrings("names", List.of("a", "bc", ""))
                .set("numbers", MetadataValue.integers(ValueType.UINT64, 1, 2, 3))
                .set("flags", MetadataValue.integers(ValueType.BOOL, 0, 1))
                .set(
                        "nested",
                        MetadataValue.arrays(List.of(
                                MetadataValue.strings(List.of("x")), MetadataValue.integers(ValueType.INT8, 1, 2))))
                .build();
        List<GgufTensorInfo> tensors = List.of(
                new GgufTensorInfo("alpha", TensorType.F32, 3, 2),
                new GgufTensorInfo("beta", TensorType.Q8_0, 32, 2),
                new GgufTensorInfo("gamma", TensorType.F16, 5));
        Path path = folder.resolve("sample.gguf");
        try (GgufWriter writer = GgufWriter.create(path, metadata, tensors, options)) {
            tensors.forEach(
                    tensor -> writer.write(tensor.name(), MemorySegment.ofArray(new byte[(int) tensor.bytes()])));
            writer.commit();
        }
        return Files.readAllBytes(path);
    }

    // true if the bytes are a file
    private static boolean opens(byte[] bytes, String what) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        try (GgufFile file = GgufFile.of("sample", MemorySegment.ofArray(bytes))) {
            for (GgufTensor tensor : file.tensors()) {
                assertTrue(tensor.data().byteSize() <= bytes.length, what);
            }
            file.metadata().values().values().forEach(Object::toString);
            return true;
        } catch (GgufException e) {
            assertFalse(e.getMessage().lines().count() > 1, e.getMessage());
            assertTrue(e.getMessage().startsWith("sample: "), e.getMessage());
            assertTrue(e.getMessage().length() < 1200, e.getMessage());
            return false;
        } catch (Throwable e) {
            throw new AssertionError(what + ": " + e, e);
        } finally {
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < MOST_BYTES_PER_READ, () -> what + ": " + allocated + " bytes allocated");
        }
    }

    @Test
    void everyTruncationPointIsRefused() throws IOException {
        for (Options options : List.of(Options.DEFAULT, new Options(2, true))) {
            byte[] bytes = sample(options);
            int padding = 16 - 5 * 2; // after gamma
            for (int length = 0; length < bytes.length - padding; length++) {
                assertFalse(opens(Arrays.copyOf(bytes, length), "cut at " + length), "cut at " + length);
            }
            assertTrue(opens(bytes, "whole"));
        }
    }

    @Test
    void everyByteMayBeAnything() throws IOException {
        for (Options options : List.of(Options.DEFAULT, new Options(3, true))) {
            byte[] bytes = sample(options);
            for (int at = 0; at < bytes.length; at++) {
                byte kept = bytes[at];
                for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff, kept ^ 1, kept ^ 0x20}) {
                    bytes[at] = (byte) value;
                    opens(bytes, "byte " + at + " is " + value);
                }
                bytes[at] = kept;
            }
        }
    }

    @Test
    void everyFieldMayBeAnyNumber() throws IOException {
        byte[] bytes = sample(Options.DEFAULT);
        long[] numbers = {
            0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 1L << 40, 1L << 61, (1L << 62) + 1, bytes.length
        };
        ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 8 <= bytes.length; at++) {
            long kept = little.getLong(at);
            for (long number : numbers) {
                little.putLong(at, number);
                opens(bytes, number + " at byte " + at);
            }
            little.putLong(at, kept);
        }
    }

    @Test
    void randomDamageIsRefusedOrRead() throws IOException {
        byte[] sample = sample(Options.DEFAULT);
        var random = new SplittableRandom(4);
        int opened = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = sample.clone();
            for (int hits = 1 + random.nextInt(8); hits > 0; hits--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            opened += opens(bytes, "round " + round) ? 1 : 0;
        }
        assertTrue(opened > 0 && opened < 20_000, opened + " opened");
    }

    @Test
    void manyTensorsAtOnePlaceAreRefusedByName() {
        // an entry of 29 bytes each: what a hostile file may ask for is bounded by its length
        int count = 10_000;
        ByteBuffer bytes = ByteBuffer.allocate(24 + count * 40).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .putLong(count)
                .putLong(0);
        IntStream.range(0, count)
                .forEach(i -> bytes.putLong(5)
                        .put(String.format("%05d", i).getBytes(StandardCharsets.US_ASCII))
                        .putInt(1)
                        .putLong(1)
                        .putInt(TensorType.I8.id())
                        .putLong(0));
        GgufException failure = assertThrows(
                GgufException.class,
                () -> GgufFile.of("many", MemorySegment.ofArray(bytes.array())).close());
        assertTrue(failure.getMessage().contains("overlaps with tensor"), failure.getMessage());
    }

    @Test
    void aHugeAnnouncedVocabularyAllocatesNothing() throws IOException {
        byte[] bytes = sample(Options.DEFAULT);
        ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int names = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("names") + 5 + 4 + 4;
        assertEquals(3, little.getLong(names));
        Stream.of(4L, 1000L, 1L << 31, 1L << 40, Long.MAX_VALUE, -1L).forEach(count -> {
            little.putLong(names, count);
            assertFalse(opens(bytes, count + " strings"));
        });
    }
}

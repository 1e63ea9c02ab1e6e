package moka.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import moka.gguf.GgufException.Level;
import org.junit.jupiter.api.Test;

class TensorTableReaderTest {
    /** An entry as a file may have it, right or wrong. */
    private record Entry(String name, long type, long offset, long... shape) {}

    // header, entries, padding to 32, 64 bytes of data
    private static byte[] file(Entry... entries) {
        ByteBuffer out = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        out.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .putLong(entries.length)
                .putLong(0);
        for (Entry entry : entries) {
            byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
            out.putLong(name.length).put(name).putInt(entry.shape.length);
            for (long length : entry.shape) {
                out.putLong(length);
            }
            out.putInt((int) entry.type).putLong(entry.offset);
        }
        int size = (out.position() + 31) / 32 * 32 + 64;
        return Arrays.copyOf(out.array(), size);
    }

    private static void refuses(Level level, String message, Entry... entries) {
        byte[] bytes = file(entries);
        var failure = assertThrows(
                GgufException.class,
                () -> GgufFile.of("x", MemorySegment.ofArray(bytes)).close());
        assertEquals("x: " + message, failure.getMessage());
        assertEquals(level, failure.level());
    }

    private static Entry f32(String name, long offset, long... shape) {
        return new Entry(name, TensorType.F32.id(), offset, shape);
    }

    @Test
    void readsTensorsInAnyOrderAndWithGaps() {
        byte[] bytes = file(f32("late", 32, 4), f32("early", 0, 2), f32("scalar", 48 + 16));
        ByteBuffer.wrap(bytes).put(bytes.length - 1, (byte) 7);
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 4);
        try (GgufFile file = GgufFile.of("x", MemorySegment.ofArray(longer))) {
            assertEquals(16, file.tensor("late").orElseThrow().data().byteSize());
            assertEquals(8, file.tensor("early").orElseThrow().data().byteSize());
            assertEquals(1, file.tensor("scalar").orElseThrow().elements());
        }
    }

    @Test
    void knowsEveryPublishedTypeByItsId() {
        for (TensorType type : TensorType.values()) {
            assertEquals(type, TensorType.byId(type.id()).orElseThrow());
            assertEquals("", TensorType.removed(type.id()));
        }
        assertEquals(35, TensorType.values().length);
    }

    @Test
    void namesRemovedAndUnknownTypes() {
        refuses(
                Level.TENSOR_INFO,
                "tensor 'a' at byte 45: tensor type 31 (Q4_0_4_4), expected a published type of GGUF: removed from the"
                        + " format: quantize the model again",
                new Entry("a", 31, 0, 32));
        refuses(
                Level.TENSOR_INFO,
                "tensor 'a' at byte 45: tensor type 4294967295, expected a published type of GGUF: unknown: from a"
                        + " newer or private version of the format",
                new Entry("a", -1, 0, 32));
    }

    @Test
    void refusesShapesOutsideTheFormat() {
        refuses(
                Level.TENSOR_INFO,
                "tensor 'a' at byte 33: 5 dimensions, expected at most 4",
                f32("a", 0, 1, 1, 1, 1, 1));
        refuses(Level.TENSOR_INFO, "tensor 'a' at byte 45: dimension 2 is 0, expected 1 to 2^63-1", f32("a", 0, 4, 0));
        refuses(
                Level.TENSOR_INFO,
                "tensor 'a' at byte 33: number of elements of shape 4294967296 x 4294967296 x 2 overflows, expected"
                        + " less than 2^63 elements",
                f32("a", 0, 1L << 32, 1L << 32, 2));
        refuses(
                Level.TENSOR_INFO,
                "tensor 'a' at byte 33: Q4_K rows of 128 elements, expected a multiple of the block size 256",
                new Entry("a", TensorType.Q4_K.id(), 0, 128, 2));
    }

    @Test
    void refusesRepeatedNames() {
        refuses(
                Level.TENSOR_INFO,
                "tensor 'a' at byte 57: duplicate name, expected each name once",
                f32("a", 0, 1),
                f32("a", 32, 1));
    }

    @Test
    void refusesDataThatIsNotAligned() {
        refuses(
                Level.DATA,
                "tensor 'a' (F32, 4) at byte 24: offset 36, expected a multiple of the alignment 32",
                f32("a", 36, 4));
    }

    @Test
    void refusesDataPastTheEndOfTheFile() {
        refuses(
                Level.DATA,
                "tensor 'a' (F32, 9) at byte 96: data at offset 32 ends at byte 132, expected at most the file's 128"
                        + " bytes: it lies beyond the end of file: truncated, the download is incomplete",
                f32("a", 32, 9));
        refuses(
                Level.DATA,
                "tensor 'a' (F32, 4) at byte 24: offset 18446744073709551584, expected an offset within the file's 128"
                        + " bytes",
                f32("a", -32, 4));
    }

    @Test
    void refusesDataThatOverlaps() {
        refuses(
                Level.DATA,
                "tensor 'b' (F32, 4) at byte 57: data at offset 0 overlaps with tensor 'a', expected at least 16",
                f32("a", 0, 4),
                f32("b", 0, 4));
    }
}

package moka.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import moka.engine.EngineException;
import moka.engine.Model;
import moka.engine.Session;

/**
 * Saved sessions. Magic, fingerprint and checksum are made right, else nothing behind them would be reached; the input is what lies between
 * fingerprint and checksum, and an odd first byte appends as many zeros as a cache of one block holds.
 */
class SessionFileFuzz {
    private static final int TYPES_AT = 16;
    private static final int PADDING = 1 << 17;
    private static final Model MODEL = Model.open(TinyModel.write(), TinyModel.OPTIONS);
    private static final Session SESSION = MODEL.newSession();
    private static final byte[] GOOD = saved();

    private static byte[] saved() {
        try {
            Path file = Files.createTempFile("moka-fuzz", ".session");
            SESSION.append(new int[] {1, 2, 3});
            SESSION.save(file);
            byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            return bytes;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @FuzzTest
    void session(byte[] bytes) throws IOException {
        if (bytes.length == 0) {
            return;
        }
        ByteBuffer content = ByteBuffer.allocate(TYPES_AT + bytes.length - 1 + ((bytes[0] & 1) == 0 ? 0 : PADDING) + 4).order(ByteOrder.LITTLE_ENDIAN);
        content.put(GOOD, 0, TYPES_AT).put(bytes, 1, bytes.length - 1);
        // The padding ends where the checksum of a file with one block would stand.
        int end = (bytes[0] & 1) == 0 ? content.position() : Math.max(content.position(), Math.min(content.capacity(), GOOD.length) - 4);
        var sum = new CRC32C();
        sum.update(content.array(), 0, end);
        content.putInt(end, (int) sum.getValue());
        Path file = Files.createTempFile("moka-fuzz", ".session");
        try {
            Files.write(file, java.util.Arrays.copyOf(content.array(), end + 4));
            restore(file);
        } finally {
            Files.delete(file);
        }
    }

    private static void restore(Path file) {
        try {
            SESSION.restore(file);
        } catch (EngineException refusal) {
            Refusal.check(refusal);
            assertEquals(0, SESSION.position(), "a refused file leaves an empty session");
            return;
        }
        try {
            if (SESSION.position() < SESSION.contextLength()) {
                SESSION.append(new int[] {5});
            }
        } catch (EngineException refusal) {
            // A forged cache may hold NaN: said when the logits are.
            Refusal.check(refusal);
        }
    }
}

package moka.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import moka.gguf.GgufException.Level;

/**
 * A place in a file that is being read: every read is checked against the end, and every fault knows where it lies. All bytes come
 * through bulk copies to the heap: where the file was cut after it was mapped, the JVM answers a copy with InternalError,
 * while a single read from compiled code ends the process.
 */
final class Cursor {
    private static final int WINDOW_BYTES = 1 << 16;

    private final String file;
    private final MemorySegment bytes;
    private final long size;
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    private final byte[] window;
    private long windowBegin;
    private int windowLength;
    private long position;
    private Level level = Level.HEADER;
    private Supplier<String> subject = () -> "header";

    Cursor(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
        this.size = bytes.byteSize();
        this.window = new byte[(int) Math.min(size, WINDOW_BYTES)];
    }

    void order(ByteOrder byteOrder) {
        order = byteOrder;
    }

    ByteOrder order() {
        return order;
    }

    /** Names what is being read, for messages: asked only where there is one. */
    void at(Level newLevel, Supplier<String> newSubject) {
        level = newLevel;
        subject = newSubject;
    }

    String file() {
        return file;
    }

    String subject() {
        return subject.get();
    }

    long position() {
        return position;
    }

    long size() {
        return size;
    }

    long remaining() {
        return size - position;
    }

    int u8(String what) {
        return (int) unsigned(1, what);
    }

    int u16(String what) {
        return (int) unsigned(2, what);
    }

    long u32(String what) {
        return unsigned(4, what);
    }

    /** 64 bits; to be read as unsigned where the field is. */
    long u64(String what) {
        return unsigned(8, what);
    }

    private long unsigned(int width, String what) {
        require(width, what);
        if (position < windowBegin || position + width > windowBegin + windowLength) {
            windowBegin = position;
            windowLength = (int) Math.min(window.length, remaining());
            MemorySegment.copy(bytes, windowBegin, MemorySegment.ofArray(window), 0, windowLength);
        }
        int begin = (int) (position - windowBegin);
        long value = 0;
        for (int i = 0; i < width; i++) {
            int at = order == ByteOrder.LITTLE_ENDIAN ? begin + width - 1 - i : begin + i;
            value = value << 8 | window[at] & 0xff;
        }
        position += width;
        return value;
    }

    /** A length or count of things that take {@code unitBytes} each at least: refused where the rest of the file cannot hold them. */
    long lengthOf(String what, int unitBytes) {
        long begin = position;
        long length = u64(what);
        if (length < 0 || length > remaining() / unitBytes) {
            throw fault(
                    begin,
                    what + " " + Long.toUnsignedString(length),
                    "at most " + remaining() / unitBytes + " in the " + Wording.bytes(remaining())
                            + " before the end of file (truncated or damaged)");
        }
        return length;
    }

    /** The next bytes, copied; {@code count} has been checked against {@link #remaining()}. */
    byte[] take(int count) {
        var copy = new byte[count];
        MemorySegment.copy(bytes, position, MemorySegment.ofArray(copy), 0, count);
        position += count;
        return copy;
    }

    /** Bytes at any place, without moving. */
    void peek(long offset, byte[] into, int begin, int count) {
        MemorySegment.copy(bytes, offset, MemorySegment.ofArray(into), begin, count);
    }

    void skip(long count) {
        position += count;
    }

    /** A name: a length and UTF-8 text, not empty. */
    String name(String what, int longest) {
        long begin = position;
        long length = lengthOf(what + " length", 1);
        if (length == 0) {
            throw fault(begin, "empty " + what, "a " + what + " of 1 to " + longest + " bytes");
        }
        if (length > longest) {
            throw fault(begin, what + " of " + length + " bytes, too long", "at most " + longest);
        }
        byte[] utf8 = take((int) length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            String shown = Wording.quoted(new String(utf8, StandardCharsets.UTF_8));
            throw fault(begin, what + " " + shown + " that is not UTF-8", "UTF-8 text");
        }
    }

    private void require(long count, String what) {
        if (count > remaining()) {
            throw fault(
                    position,
                    "end of file at byte " + Wording.grouped(size),
                    Wording.bytes(count) + " of " + what,
                    "the file is truncated");
        }
    }

    GgufException fault(long offset, String found, String expected) {
        return fault(offset, found, expected, "");
    }

    GgufException fault(long offset, String found, String expected, String hint) {
        return new GgufException(level, file, offset, subject(), found, expected, hint, null);
    }
}

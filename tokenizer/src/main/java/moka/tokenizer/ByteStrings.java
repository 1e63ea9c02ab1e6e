package moka.tokenizer;

import java.util.Arrays;

/** Byte strings numbered from 0, in one array. */
final class ByteStrings {
    private byte[] bytes;
    private int[] offsets;
    private int size;

    ByteStrings(int capacity, int bytesPerString) {
        bytes = new byte[Math.max(capacity, 16) * bytesPerString + Utf8.PADDING];
        offsets = new int[Math.max(capacity, 16) + 1];
    }

    int size() {
        return size;
    }

    /** All strings one after the other, with {@link Utf8#PADDING} bytes after the last. */
    byte[] bytes() {
        return bytes;
    }

    int offset(int index) {
        return offsets[index];
    }

    int length(int index) {
        return offsets[index + 1] - offsets[index];
    }

    byte[] get(int index) {
        return Arrays.copyOfRange(bytes, offsets[index], offsets[index + 1]);
    }

    /** Adds a string, returns its number. */
    int add(byte[] from, int offset, int length) {
        int start = offsets[size];
        int end = start + length;
        if (end + Utf8.PADDING > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end + Utf8.PADDING, bytes.length + (bytes.length >> 1)));
        }
        System.arraycopy(from, offset, bytes, start, length);
        if (size + 2 > offsets.length) {
            offsets = Arrays.copyOf(offsets, offsets.length * 2);
        }
        offsets[++size] = end;
        return size - 1;
    }
}

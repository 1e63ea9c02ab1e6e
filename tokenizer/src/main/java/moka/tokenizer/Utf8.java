package moka.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Text as UTF-8 bytes, the form in which everything here works. Arrays that are hashed carry {@link #PADDING} spare bytes at the end, so
 * that eight bytes can be read at once wherever a text ends.
 */
final class Utf8 {
    /** Spare bytes after the text in every array that {@link #word} reads. */
    static final int PADDING = 8;

    /** U+FFFD. */
    private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Utf8() {}

    /** Eight bytes from {@code offset}, the first in the lowest bits. */
    static long word(byte[] bytes, int offset) {
        return (long) LONG.get(bytes, offset);
    }

    /** The text in UTF-8 with {@link #PADDING} zero bytes after it; lone surrogates become U+FFFD. */
    static byte[] padded(CharSequence text) {
        byte[] bytes = wellFormed(text.toString()).getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(bytes, bytes.length + PADDING);
    }

    private static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++;
                } else {
                    return replaceLoneSurrogates(text);
                }
            }
        }
        return text;
    }

    private static String replaceLoneSurrogates(String text) {
        var result = new StringBuilder(text.length());
        text.codePoints().forEach(c -> result.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c));
        return result.toString();
    }

    /** Bytes of the character that a byte begins; 1 for a byte that begins none. */
    static int length(byte first) {
        if (first >= 0) {
            return 1;
        }
        int b = first & 0xFF;
        return b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
    }

    /** The code point at {@code offset} of text that {@link #isDecodable}. */
    static int codePoint(byte[] text, int offset) {
        int b = text[offset];
        if (b >= 0) {
            return b;
        }
        b &= 0xFF;
        if (b < 0xE0) {
            return (b & 0x1F) << 6 | text[offset + 1] & 0x3F;
        }
        if (b < 0xF0) {
            return (b & 0x0F) << 12 | (text[offset + 1] & 0x3F) << 6 | text[offset + 2] & 0x3F;
        }
        return (b & 0x07) << 18 | (text[offset + 1] & 0x3F) << 12 | (text[offset + 2] & 0x3F) << 6 | text[offset + 3] & 0x3F;
    }

    /** Writes a code point, returns the offset after it. */
    static int put(int codePoint, byte[] to, int offset) {
        int at = offset;
        if (codePoint < 0x80) {
            to[at++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            to[at++] = (byte) (0xC0 | codePoint >> 6);
            to[at++] = (byte) (0x80 | codePoint & 0x3F);
        } else if (codePoint < 0x10000) {
            to[at++] = (byte) (0xE0 | codePoint >> 12);
            to[at++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
            to[at++] = (byte) (0x80 | codePoint & 0x3F);
        } else {
            to[at++] = (byte) (0xF0 | codePoint >> 18);
            to[at++] = (byte) (0x80 | codePoint >> 12 & 0x3F);
            to[at++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
            to[at++] = (byte) (0x80 | codePoint & 0x3F);
        }
        return at;
    }

    /** Whether a whole character (of any value: overlong forms and surrogates pass) begins at {@code offset}. */
    static boolean isDecodable(byte[] text, int offset, int end) {
        return isDecodable(text, offset, end, Character.MAX_CODE_POINT);
    }

    private static boolean isDecodable(byte[] text, int offset, int end, int maxCodePoint) {
        int b = text[offset] & 0xFF;
        if (b < 0x80) {
            return true;
        }
        if (b < 0xC0 || b >= 0xF8) {
            return false;
        }
        int length = length((byte) b);
        if (offset + length > end) {
            return false;
        }
        for (int i = 1; i < length; i++) {
            if ((text[offset + i] & 0xC0) != 0x80) {
                return false;
            }
        }
        return codePoint(text, offset) <= maxCodePoint;
    }

    /** Padded text in which every byte that belongs to no character became U+FFFD; the same array if there are none. */
    static byte[] repaired(byte[] padded) {
        return repaired(padded, Character.MAX_CODE_POINT);
    }

    /** As {@link #repaired(byte[])}, but characters may go up to {@code maxCodePoint}, which is at most 1FFFFF. */
    static byte[] repaired(byte[] padded, int maxCodePoint) {
        int end = padded.length - PADDING;
        int good = wellFormedPrefix(padded, end);
        if (good == end) {
            return padded;
        }
        byte[] result = Arrays.copyOf(padded, good + 3 * (end - good) + PADDING);
        int to = good;
        for (int from = good; from < end; ) {
            if (isDecodable(padded, from, end, maxCodePoint)) {
                to = put(codePoint(padded, from), result, to);
                from += length(padded[from]);
            } else {
                System.arraycopy(REPLACEMENT, 0, result, to, 3);
                to += 3;
                from++;
            }
        }
        Arrays.fill(result, to, to + PADDING, (byte) 0);
        return Arrays.copyOf(result, to + PADDING);
    }

    static boolean isWellFormed(byte[] text) {
        return wellFormedPrefix(text, text.length) == text.length;
    }

    private static int wellFormedPrefix(byte[] text, int end) {
        int at = 0;
        while (at < end) {
            if (text[at] >= 0) {
                at++;
            } else if (isShortest(text, at, end)) {
                at += length(text[at]);
            } else {
                return at;
            }
        }
        return end;
    }

    private static boolean isShortest(byte[] text, int offset, int end) {
        if (!isDecodable(text, offset, end)) {
            return false;
        }
        int codePoint = codePoint(text, offset);
        int shortest = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
        return shortest == length(text[offset]);
    }
}

package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Joins the bytes of tokens to text of whole characters; bytes that belong to none become U+FFFD. */
final class Utf8Stream {
    private byte[] held = new byte[16];
    private int count;

    /** Text that is complete with these bytes. */
    String accept(byte[] bytes) {
        if (count + bytes.length > held.length) {
            held = Arrays.copyOf(held, Math.max(held.length * 2, count + bytes.length));
        }
        System.arraycopy(bytes, 0, held, count, bytes.length);
        count += bytes.length;
        int complete = count - incompleteTail();
        String text = new String(held, 0, complete, StandardCharsets.UTF_8);
        System.arraycopy(held, complete, held, 0, count - complete);
        count -= complete;
        return text;
    }

    /** What is left, as U+FFFD. */
    String finish() {
        String text = new String(held, 0, count, StandardCharsets.UTF_8);
        count = 0;
        return text;
    }

    /** Bytes at the end that may become a character with more bytes: 0 to 3. */
    private int incompleteTail() {
        for (int back = 1; back <= Math.min(3, count); back++) {
            int b = held[count - back] & 0xFF;
            if (b < 0x80) {
                return 0;
            }
            if (b >= 0xC0) {
                return Utf8.length((byte) b) > back && mayGoOn(count - back, back) ? back : 0;
            }
        }
        return 0;
    }

    /** Whether the bytes from {@code from} on can begin a well-formed character. */
    private boolean mayGoOn(int from, int length) {
        int first = held[from] & 0xFF;
        if (first < 0xC2 || first > 0xF4) {
            return false;
        }
        if (length < 2) {
            return true;
        }
        int second = held[from + 1] & 0xFF;
        return switch (first) {
            case 0xE0 -> second >= 0xA0;
            case 0xED -> second < 0xA0;
            case 0xF0 -> second >= 0x90;
            case 0xF4 -> second < 0x90;
            default -> true;
        };
    }
}

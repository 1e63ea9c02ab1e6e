package moka.tokenizer;

/** Spaces written as U+2581, as SentencePiece does. */
final class Spaces {
    private static final byte[] ESCAPE = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};

    private Spaces() {}

    /** A padded copy of {@code text[from, to)} with every space escaped. @param prefix put one more space in front */
    static byte[] escaped(byte[] text, int from, int to, boolean prefix) {
        int spaces = prefix ? 1 : 0;
        for (int i = from; i < to; i++) {
            if (text[i] == ' ') {
                spaces++;
            }
        }
        var result = new byte[to - from + 2 * spaces + (prefix ? 1 : 0) + Utf8.PADDING];
        int at = 0;
        if (prefix) {
            at = putEscape(result, at);
        }
        for (int i = from; i < to; i++) {
            if (text[i] == ' ') {
                at = putEscape(result, at);
            } else {
                result[at++] = text[i];
            }
        }
        return result;
    }

    private static int putEscape(byte[] to, int offset) {
        System.arraycopy(ESCAPE, 0, to, offset, 3);
        return offset + 3;
    }

    /** The text with every U+2581 as a space. */
    static byte[] unescaped(byte[] text) {
        var result = new byte[text.length];
        int at = 0;
        for (int i = 0; i < text.length; ) {
            if (text[i] == ESCAPE[0] && i + 2 < text.length && text[i + 1] == ESCAPE[1] && text[i + 2] == ESCAPE[2]) {
                result[at++] = ' ';
                i += 3;
            } else {
                result[at++] = text[i++];
            }
        }
        return at == text.length ? text : java.util.Arrays.copyOf(result, at);
    }
}

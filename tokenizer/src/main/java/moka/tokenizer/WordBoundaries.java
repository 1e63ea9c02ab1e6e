package moka.tokenizer;

/**
 * Where text with spaces written U+2581 can be cut without changing what merging makes of it: between two characters that no symbol of the
 * vocabulary has side by side. No merge reaches across such a place, so what lies between two of them merges as if it stood alone. In most
 * vocabularies that is before every word. Characters are told apart by the last byte of the one and the first byte of the other, but that
 * U+2581 is known as such; immutable once made.
 */
final class WordBoundaries {
    private static final byte FIRST = (byte) 0xE2;
    private static final byte SECOND = (byte) 0x96;
    private static final byte THIRD = (byte) 0x81;
    /** Stands for U+2581 where others have their first byte: no character begins so. */
    private static final int SPACE = 0x80;

    /** By last byte and first byte: a symbol has them side by side. */
    private final boolean[] joined = new boolean[256 << 8];

    /** Takes into account what symbols there are. */
    WordBoundaries with(ByteStrings symbols) {
        byte[] bytes = symbols.bytes();
        for (int i = 0; i < symbols.size(); i++) {
            int end = symbols.offset(i) + symbols.length(i);
            for (int at = symbols.offset(i) + 1; at < end; at++) {
                joined[pair(bytes, at)] = true;
            }
        }
        return this;
    }

    /** End of the part that begins at {@code from}. The array has {@link Utf8#PADDING} bytes after the text. */
    int end(byte[] text, int from, int to) {
        int at = from + Utf8.length(text[from]);
        while (at < to && joined[pair(text, at)]) {
            at += Utf8.length(text[at]);
        }
        return Math.min(at, to);
    }

    /** What stands before and after {@code at}. */
    private static int pair(byte[] text, int at) {
        int next = text[at] & 0xFF;
        if (text[at] == FIRST && text[at + 1] == SECOND && text[at + 2] == THIRD) {
            next = SPACE;
        }
        return (text[at - 1] & 0xFF) << 8 | next;
    }
}

package moka.tokenizer;

/**
 * The alphabet in which GPT-2's vocabularies write bytes: printable Latin-1 characters stand for themselves, the 68 others for U+0100,
 * U+0101, … in ascending order.
 */
final class ByteLetters {
    private static final short[] BYTE_OF_LETTER = byteOfLetter();

    private ByteLetters() {}

    /**
     * Writes the bytes that a text of letters stands for.
     *
     * @return how many, or -1 if the text has other characters
     */
    static int decode(byte[] text, int from, int to, byte[] result, int offset) {
        int count = offset;
        for (int at = from; at < to; ) {
            int letter = text[at];
            if (letter >= 0) {
                at++;
            } else if (letter <= (byte) 0xC5 && letter >= (byte) 0xC2 && at + 1 < to) {
                letter = (letter & 0x1F) << 6 | text[at + 1] & 0x3F;
                at += 2;
            } else {
                return -1;
            }
            int b = letter < BYTE_OF_LETTER.length ? BYTE_OF_LETTER[letter] : -1;
            if (b < 0) {
                return -1;
            }
            result[count++] = (byte) b;
        }
        return count - offset;
    }

    private static short[] byteOfLetter() {
        var table = new short[256 + 68];
        java.util.Arrays.fill(table, (short) -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xFF && b != 0xAD;
            table[printable ? b : next++] = (short) b;
        }
        return table;
    }
}

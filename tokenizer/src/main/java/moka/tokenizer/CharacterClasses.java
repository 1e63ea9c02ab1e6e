package moka.tokenizer;

/**
 * What pre-tokenizer rules ask of a character, as bits. The tables are those of Unicode 15.1, on which the rules were settled: code
 * points that later versions assigned count as unassigned, so that the ids of a text do not depend on the JDK.
 */
final class CharacterClasses {
    /** {@code \p{L}}. */
    static final int LETTER = 1;
    /** {@code \p{N}}. */
    static final int NUMBER = 2;
    /** {@code \p{M}}. */
    static final int MARK = 4;
    /** {@code \p{P}}. */
    static final int PUNCTUATION = 8;
    /** {@code \p{S}}. */
    static final int SYMBOL = 16;
    /** {@code \s}: the 25 characters of the White_Space property. */
    static final int SPACE = 32;
    /** CR or LF. */
    static final int NEWLINE = 64;
    /** {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]}: may stand before the small letters of a word. */
    static final int UPPER = 128;
    /** {@code [\p{Ll}\p{Lm}\p{Lo}\p{M}]}: may stand after the capitals of a word. */
    static final int LOWER = 256;
    /** {@code \d}, which is {@code \p{Nd}}. */
    static final int DIGIT = 512;
    /** {@code [A-Za-z]}. */
    static final int ASCII_LETTER = 1024;
    /** <code>[!-/:-@\[-`&#123;-~]</code>. */
    static final int ASCII_PUNCTUATION = 2048;
    /** {@code \p{Pc}}, which {@code \w} counts in. */
    static final int CONNECTOR = 4096;

    private static final int LENGTH_SHIFT = 24;

    private static final int[] BITS_OF_TYPE = bitsOfType();
    private static final int[] ASCII = ascii();

    /** First and last code points of the ranges that Unicode 16 added to 15.1, in ascending order. */
    private static final int[] ADDED_AFTER_15_1 = {
        0x897, 0x897, 0x1B4E, 0x1B4F, 0x1B7F, 0x1B7F, 0x1C89, 0x1C8A, 0x2427, 0x2429, 0x31E4, 0x31E5, 0xA7CB, 0xA7CD, 0xA7DA, 0xA7DC,
        0x105C0, 0x105F3, 0x10D40, 0x10D65, 0x10D69, 0x10D85, 0x10D8E, 0x10D8F, 0x10EC2, 0x10EC4, 0x10EFC, 0x10EFC, 0x11380, 0x113E2,
        0x116D0, 0x116E3, 0x11BC0, 0x11BF9, 0x11F5A, 0x11F5A, 0x13460, 0x143FA, 0x16100, 0x16139, 0x16D40, 0x16D79, 0x18CFF, 0x18CFF,
        0x1CC00, 0x1CEB3, 0x1E5D0, 0x1E5FF, 0x1F8B2, 0x1F8BB, 0x1F8C0, 0x1F8C1, 0x1FA89, 0x1FA89, 0x1FA8F, 0x1FA8F, 0x1FABE, 0x1FABE,
        0x1FAC6, 0x1FAC6, 0x1FADC, 0x1FADC, 0x1FADF, 0x1FADF, 0x1FAE9, 0x1FAE9, 0x1FBCB, 0x1FBEF
    };

    /** A bit for each 256 code points that hold some of {@link #ADDED_AFTER_15_1}. */
    private static final long[] ADDED_PAGES = addedPages();

    private CharacterClasses() {}

    /** The classes of the character at {@code offset}, and its length for {@link #length}. */
    static int at(byte[] text, int offset) {
        int b = text[offset];
        return b >= 0 ? ASCII[b] : beyondAscii(text, offset);
    }

    /** Bytes of the character that {@link #at} looked at. */
    static int length(int classes) {
        return classes >>> LENGTH_SHIFT;
    }

    private static int beyondAscii(byte[] text, int offset) {
        return of(Utf8.codePoint(text, offset)) | Utf8.length(text[offset]) << LENGTH_SHIFT;
    }

    /** The classes of a code point. */
    static int of(int codePoint) {
        if (codePoint < 0x80) {
            return ASCII[codePoint] & (1 << LENGTH_SHIFT) - 1;
        }
        if (codePoint == 0x85) {
            return SPACE;
        }
        return isAssigned(codePoint) ? BITS_OF_TYPE[Character.getType(codePoint)] : 0;
    }

    /** Whether {@code \w} matches a code point: letters, marks, digits, connectors, and what else is alphabetic. */
    static boolean isWord(int codePoint) {
        return (of(codePoint) & (LETTER | MARK | DIGIT | CONNECTOR)) != 0
                || isAssigned(codePoint) && Character.isAlphabetic(codePoint);
    }

    /** Whether Unicode 15.1 has (or may have) given the code point a meaning. */
    static boolean isAssigned(int codePoint) {
        int page = codePoint >> 8;
        return (ADDED_PAGES[page >> 6] >>> (page & 63) & 1) == 0 || !isAdded(codePoint);
    }

    private static boolean isAdded(int codePoint) {
        for (int i = 0; i < ADDED_AFTER_15_1.length; i += 2) {
            if (codePoint >= ADDED_AFTER_15_1[i] && codePoint <= ADDED_AFTER_15_1[i + 1]) {
                return true;
            }
        }
        return false;
    }

    private static long[] addedPages() {
        var pages = new long[(Character.MAX_CODE_POINT >> 14) + 1];
        for (int i = 0; i < ADDED_AFTER_15_1.length; i += 2) {
            for (int page = ADDED_AFTER_15_1[i] >> 8; page <= ADDED_AFTER_15_1[i + 1] >> 8; page++) {
                pages[page >> 6] |= 1L << (page & 63);
            }
        }
        return pages;
    }

    private static int[] bitsOfType() {
        var bits = new int[31];
        bits[Character.UPPERCASE_LETTER] = LETTER | UPPER;
        bits[Character.TITLECASE_LETTER] = LETTER | UPPER;
        bits[Character.LOWERCASE_LETTER] = LETTER | LOWER;
        bits[Character.MODIFIER_LETTER] = LETTER | UPPER | LOWER;
        bits[Character.OTHER_LETTER] = LETTER | UPPER | LOWER;
        bits[Character.NON_SPACING_MARK] = MARK | UPPER | LOWER;
        bits[Character.ENCLOSING_MARK] = MARK | UPPER | LOWER;
        bits[Character.COMBINING_SPACING_MARK] = MARK | UPPER | LOWER;
        bits[Character.DECIMAL_DIGIT_NUMBER] = NUMBER | DIGIT;
        bits[Character.LETTER_NUMBER] = NUMBER;
        bits[Character.OTHER_NUMBER] = NUMBER;
        bits[Character.CONNECTOR_PUNCTUATION] = PUNCTUATION | CONNECTOR;
        bits[Character.DASH_PUNCTUATION] = PUNCTUATION;
        bits[Character.START_PUNCTUATION] = PUNCTUATION;
        bits[Character.END_PUNCTUATION] = PUNCTUATION;
        bits[Character.INITIAL_QUOTE_PUNCTUATION] = PUNCTUATION;
        bits[Character.FINAL_QUOTE_PUNCTUATION] = PUNCTUATION;
        bits[Character.OTHER_PUNCTUATION] = PUNCTUATION;
        bits[Character.MATH_SYMBOL] = SYMBOL;
        bits[Character.CURRENCY_SYMBOL] = SYMBOL;
        bits[Character.MODIFIER_SYMBOL] = SYMBOL;
        bits[Character.OTHER_SYMBOL] = SYMBOL;
        bits[Character.SPACE_SEPARATOR] = SPACE;
        bits[Character.LINE_SEPARATOR] = SPACE;
        bits[Character.PARAGRAPH_SEPARATOR] = SPACE;
        return bits;
    }

    private static int[] ascii() {
        var table = new int[128];
        for (int c = 0; c < 128; c++) {
            int bits = BITS_OF_TYPE[Character.getType(c)];
            if (c == '\r' || c == '\n') {
                bits |= NEWLINE;
            }
            if (c >= '\t' && c <= '\r') {
                bits |= SPACE;
            }
            if ((bits & LETTER) != 0) {
                bits |= ASCII_LETTER;
            }
            if ((bits & (PUNCTUATION | SYMBOL)) != 0) {
                bits |= ASCII_PUNCTUATION;
            }
            table[c] = bits | 1 << LENGTH_SHIFT;
        }
        return table;
    }
}

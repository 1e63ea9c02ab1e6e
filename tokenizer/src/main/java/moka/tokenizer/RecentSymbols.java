package moka.tokenizer;

/**
 * Symbols of the short texts that were asked for last, by text: merges name the same few beginnings and endings again and again, and this
 * stays near the processor where the index of a vocabulary does not. Of texts that share a slot the last stays.
 */
final class RecentSymbols {
    private static final int SLOT_BITS = 12;
    /** Bytes of the longest text that is kept. */
    private static final int LONGEST = 7;

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** Bytes of the text, its length above them; 0 is free. */
    private final long[] texts = new long[1 << SLOT_BITS];

    private final int[] symbols = new int[1 << SLOT_BITS];

    /** Finds a symbol that is not here. */
    @FunctionalInterface
    interface Source {
        int symbol(byte[] text, int from, int length);
    }

    /** The symbol of a text that is not empty. The array has {@link Utf8#PADDING} bytes after it. */
    int find(byte[] text, int from, int length, Source source) {
        if (length > LONGEST) {
            return source.symbol(text, from, length);
        }
        long key = Utf8.word(text, from) & -1L >>> 64 - 8 * length | (long) length << 56;
        long hash = key * MULTIPLIER;
        int slot = (int) ((hash ^ hash >>> 32) * MULTIPLIER >>> 64 - SLOT_BITS);
        if (texts[slot] != key) {
            symbols[slot] = source.symbol(text, from, length);
            texts[slot] = key;
        }
        return symbols[slot];
    }
}
